"""Looking at cases: what pages, API and exports ask. All go through the viewer's region and `engine.access.View`."""

from __future__ import annotations

from workflow.cases.events import case_comments, case_events, case_file, case_files, case_mails, case_timers
from workflow.cases.items import (
    AccessItem,
    AwardItem,
    CaseFilter,
    CaseItem,
    CaseLink,
    CaseView,
    CommentItem,
    Deadline,
    DecisionItem,
    EventItem,
    FileItem,
    FollowUpItem,
    LotView,
    MailItem,
    OpinionItem,
    RequirementItem,
    ReviewItem,
    TargetItem,
    TaskItem,
    TimerItem,
)
from workflow.cases.lists import COUNT_CAP, case_counts, list_cases, search_cases
from workflow.cases.paging import Page
from workflow.cases.tasks import case_tasks, done_tasks, my_task_counts, my_tasks, waiting_for_others
from workflow.cases.view import case_row, case_view, readers_of, view_of

__all__ = [
    "COUNT_CAP",
    "AccessItem",
    "AwardItem",
    "CaseFilter",
    "CaseItem",
    "CaseLink",
    "CaseView",
    "CommentItem",
    "Deadline",
    "DecisionItem",
    "EventItem",
    "FileItem",
    "FollowUpItem",
    "LotView",
    "MailItem",
    "OpinionItem",
    "Page",
    "RequirementItem",
    "ReviewItem",
    "TargetItem",
    "TaskItem",
    "TimerItem",
    "case_comments",
    "case_counts",
    "case_events",
    "case_file",
    "case_files",
    "case_mails",
    "case_row",
    "case_tasks",
    "case_timers",
    "case_view",
    "done_tasks",
    "list_cases",
    "my_task_counts",
    "my_tasks",
    "readers_of",
    "search_cases",
    "view_of",
    "waiting_for_others",
]
