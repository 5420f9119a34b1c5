from __future__ import annotations
from states.roles import Actor
from workflow.cases.items import CommentItem, EventItem, FileItem, MailItem, TimerItem
from workflow.db.unit_of_work import UnitOfWork
def case_events(uow: UnitOfWork, who: Actor, case_id: str, *, after_seq: int = 0, limit: int = 200) -> list[EventItem]:
    raise NotImplementedError
def case_timers(uow: UnitOfWork, who: Actor, case_id: str) -> list[TimerItem]:
    raise NotImplementedError
def case_comments(uow: UnitOfWork, who: Actor, case_id: str) -> list[CommentItem]:
    raise NotImplementedError
def case_files(uow: UnitOfWork, who: Actor, case_id: str) -> list[FileItem]:
    raise NotImplementedError
def case_file(uow: UnitOfWork, who: Actor, file_id: str) -> FileItem:
    raise NotImplementedError
def case_mails(uow: UnitOfWork, who: Actor, case_id: str) -> list[MailItem]:
    raise NotImplementedError
