"""What is asked about a recurring duty's occurrence."""

from __future__ import annotations

from typing import Literal

from workflow.cases.forms import OpenForm
from workflow.engine.forms import Day, Form, Line, OptionalLine, Words
from workflow.engine.registries import form


@form("duty", "open")
class OpenDutyForm(OpenForm):
    """What the register says of the occurrence; nobody types it."""

    recurring_id: Line
    period: Line
    due_on: Day
    answering_role: Line
    basis: Literal["law", "clause", "policy"]
    source: Line
    is_notice: bool = False
    opened_late: bool = False


@form("duty", "record_duty_done")
class DutyDoneForm(Form):
    """When it was done (a meeting held, a report sent), and where that can be read."""

    done_on: Day
    reference: Line
    note: OptionalLine


@form("duty", "record_notice_of_leaving")
class NoticeForm(Form):
    notified_on: Day
    reference: Line


@form("duty", "record_confirmation")
class ConfirmationForm(Form):
    """The written confirmation by the steering group; without it the notice does not count (SEED 4)."""

    confirmed_on: Day
    confirmation_reference: Line


@form("duty", "decide_waiver")
class WaiverForm(Form):
    reasons: Words
