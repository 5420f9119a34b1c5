"""One set of facts for every kind, and labels of the codes in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch

from notifications.kinds import Kind
from notifications.message import compose
from templates import labels

TODAY = date(2026, 11, 30)
SENT_AT = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
BASE_URL = "https://stegvis.norrbotten.example"
OUTBOX_ID = "9f1c2a77"

CASE = {
    "case_id": "c0104",
    "reference": "UPP-2026-0104",
    "title": "Städtjänster, Närsjukhuset Öster",
    "region_name": "Region Norrbotten",
    "link": "/arenden/c0104/beslut",
    "role": "sample.contract_owner",
}
TASK = {
    "asked": "sample.decide_target",
    "next_step": "sample.requirement_selection",
    "next_reminder_on": "2026-12-02",
    "due_on": "2026-12-04",
}
LATE = {**TASK, "due_on": "2026-11-27"}

FACTS: dict[Kind, dict[str, Any]] = {
    Kind.TASK_OPENED: {**CASE, **TASK, "asked_by": "Karin Ek"},
    Kind.TASK_REMINDER: {**CASE, **TASK, "substitute_for": "Per Ask"},
    Kind.TASK_OVERDUE: {**CASE, **LATE},
    Kind.TASK_ESCALATED: {**CASE, **LATE, "responsible": "Per Ask"},
    Kind.TASK_HANDED_ON: {**CASE, **TASK, "handed_on_by": "Per Ask", "reason": "Jag är jävig."},
    Kind.DECIDED: {
        **CASE,
        "decision": "sample.decide_target",
        "decided_by": "Åsa Lind",
        "decided_for": "Per Ask",
        "decided_on": "2026-11-20",
        "state": "sample.requirement_selection",
        "next_step": "sample.requirement_selection",
    },
    Kind.RETURNED: {**CASE, **TASK, "returned_by": "Åsa Lind", "reason": "En indikator saknas."},
    Kind.STANDSTILL_OVER: {**CASE, "last_on": "2026-11-27", "next_step": "sample.sign_contract"},
    Kind.QUESTION_ASKED: {
        **CASE,
        "asked": "sample.decide_target",
        "due_on": "2026-12-04",
        "asked_by": "Åsa Lind",
        "question": "Varför 20 % och inte 30 %?",
    },
    Kind.QUESTION_ANSWERED: {**CASE, **TASK, "answered_by": "Karin Ek", "answer": "Så räknade vi sist."},
    Kind.UNDELIVERABLE: {
        **CASE,
        "addressee": "Per Ask",
        "undelivered": "task_reminder",
        "due_on": "2026-12-04",
    },
    Kind.DEADLINE_EXTENDED: {**CASE, **TASK, "was_on": "2026-11-30", "extended_by": "Åsa Lind", "reason": None},
    Kind.DATES_MOVED: {
        **CASE,
        "due_on": "2026-12-04",
        "setting": "sample.decide_target",
        "cases": [
            {"reference": "UPP-2026-0104", "due_on": "2026-12-04"},
            {"reference": "UPP-2026-0107", "due_on": "2026-12-07"},
        ],
        "more": 3,
        "proposed_by": "Per Ask",
        "released_by": "Åsa Lind",
    },
}

FACTS[Kind.DIGEST] = {
    "case_id": "digest-p1",
    "region_name": "Region Norrbotten",
    "link": "/my-tasks",
    "rows": [
        {
            "asked": "sample.decide_target",
            "title": CASE["title"],
            "reference": f"UPP-2026-01{n:02}",
            "due_on": "2026-12-04",
        }
        for n in range(6)
    ],
    "count": 20,
    "late": 2,
    "due_on": "2026-12-04",
}
FACTS[Kind.HANDED_OVER] = {
    "case_id": "handed-over-p1",
    "region_name": "Region Norrbotten",
    "link": "/my-tasks",
    "from_name": "Per Ask",
    "handed_over_by": "Karin Ek",
    "cases": 12,
    "tasks": 15,
    "due_on": "2026-12-04",
}
FACTS[Kind.NO_DECIDER] = {
    "case_id": "deciders-norrbotten",
    "region_name": "Region Norrbotten",
    "link": "/admin/deciders",
    "role": "sample.contract_owner",
    "asked": "sample.decide_target",
    "needs": "sample.contract_owner",
    "cases": 7,
    "first_on": "2026-12-01",
    "last_on": "2026-12-21",
    "more": 2,
}
FACTS[Kind.SUPPLIER_NOTICE] = {
    **{name: value for name, value in FACTS[Kind.DECIDED].items() if name in ("case_id", "reference", "title")},
    "region_name": "Region Norrbotten",
    "link": "/cases/1",
    "role": "capacity.supplier",
    "substitute_for": None,
    "notice": "n1",
    "subject": "Påminnelse: åtgärdsplan: Handskar (AVV-2026-0104)",
    "text": "Sven Svar\n\nVi har inte fått er åtgärdsplan.\n\nKarin Ek\nRegion Norrbotten\n",
}
#: The kinds that our own templates word; a letter to a supplier is sent as it was decided.
WORDED = tuple(k for k in Kind if k is not Kind.SUPPLIER_NOTICE)
#: What is about more than one case has neither its reference nor its title.
GENERAL = (Kind.DIGEST, Kind.HANDED_OVER, Kind.NO_DECIDER)

LABELS = {
    "sv": {
        "sample.contract_owner": "Avtalsägare",
        "sample.decide_target": "Fastställ hållbarhetsmålsättningen",
        "sample.requirement_selection": "Kravställning",
        "sample.sign_contract": "Teckna avtal",
    },
    "en": {
        "sample.contract_owner": "Contract owner",
        "sample.decide_target": "Decide the sustainability target",
        "sample.requirement_selection": "Requirement selection",
        "sample.sign_contract": "Sign the contract",
    },
}


@contextmanager
def sample_labels(**changed: str) -> Iterator[None]:
    """The catalogues with the sample codes' texts added."""
    catalogue: Callable[[str], dict[str, str]] = labels._labels
    with patch.object(labels, "_labels", lambda locale: {**catalogue(locale), **LABELS[locale], **changed}):
        yield


def mail(kind: Kind, locale: str = "sv", *, name: str = "Åsa Lind", **changed: Any) -> EmailMessage:
    """The message of the sample facts, with some of them changed."""
    return compose(
        kind,
        {**FACTS[kind], **changed},
        recipient_name=name,
        recipient_address="asa.lind@norrbotten.example",
        locale=locale,
        mail_from="Stegvis <stegvis@norrbotten.example>",
        base_url=BASE_URL,
        message_id=f"<{OUTBOX_ID}@stegvis.norrbotten.example>",
        sent_at=SENT_AT,
        today=TODAY,
    )
