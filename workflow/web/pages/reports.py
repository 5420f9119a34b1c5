"""Reports: the delegated decisions of a period, for the board they are to be reported to (KL 6:40)."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from templates.labels import gettext
from workflow.documents.word import MEDIA_TYPE
from workflow.errors import InvalidForm
from workflow.exports.decisions import delegated_decisions_report
from workflow.web.base import page
from workflow.web.downloads import download
from workflow.web.pages.admin import Answers, Typed
from workflow.web.pages.visit import Sent, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()


@router.get("/reports/delegated-decisions")
def show_report_form(request: Request) -> Response:
    return _form_page(request, Typed())


@router.post("/reports/delegated-decisions")
def fetch_report(request: Request, sent: Sent) -> Response:
    """The report as a Word file; nothing is changed by fetching it."""
    answers = Answers(texts(sent))
    with visiting(request) as visit:
        try:
            from_on, to_on, meeting_on, board = answers.complete(_asked)
            name, data = delegated_decisions_report(
                visit.uow, visit.who, from_on, to_on, meeting_on, board, visit.locale
            )
        except InvalidForm as refusal:
            return _form_page(request, Typed(answers.given, fault_texts(refusal.errors, visit.locale)))
    return download(name, data, MEDIA_TYPE)


def _asked(answers: Answers) -> tuple[date, date, date, str]:
    from_on, to_on, meeting_on = (answers.day(n, required=True) for n in ("from_on", "to_on", "meeting_on"))
    board = answers.text("board")
    if not board:
        answers.refuse("board", "field_required")
    if from_on and to_on and to_on < from_on:
        answers.refuse("to_on", "end_before_start")
    return from_on, to_on, meeting_on, board  # type: ignore[return-value]


def _form_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        last_month = visit.today.replace(day=1) - timedelta(days=1)
        usual = {
            "from_on": last_month.replace(day=1).isoformat(),
            "to_on": last_month.isoformat(),
            "meeting_on": visit.today.isoformat(),
            "board": gettext("The regional board", visit.locale),
        }
        context = {**typed.as_context(), "given": typed.given or usual}
        title = gettext("Delegated decisions", visit.locale)
        return page(request, "pages/reports.html", context, title=title, status=typed.status, errors=typed.errors)
