"""A pytest plugin (`-p tests.switches.breaking`): one module of the product is loaded with one small change in its text.

`STEGVIS_BROKEN` names the switch. A switch whose text no longer stands in the module ends the run at once, so that
none outlives the code that it breaks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Switch:
    """What is broken: in `module` the text `old` becomes `new`; `guards` are the tests that must see it."""

    module: str
    old: str
    new: str
    guards: tuple[str, ...]


_PROMISES = "tests/switches/test_promises.py::"
SWITCHES = {
    "mail_before_commit": Switch(
        "workflow.engine.execute",
        "        answer = HANDLERS[type(command)](uow, command, who)\n",
        "        answer = HANDLERS[type(command)](uow, command, who)\n"
        "        __import__('tests.switches.breaking', fromlist=['x']).send_now(app, uow)\n",
        (_PROMISES + "test_no_mail_leaves_before_its_commit[sqlite]",),
    ),
    "no_row_lock": Switch(
        "workflow.engine.case_rows",
        'LOCK_CASE = Statement(select(cases).where(cases.c.id == bindparam("case_id")).with_for_update())',
        'LOCK_CASE = Statement(select(cases).where(cases.c.id == bindparam("case_id")))',
        (_PROMISES + "test_while_a_command_has_a_case_nobody_else_gets_it[postgresql]",),
    ),
    "deferred_begin": Switch(
        "workflow.db.database",
        '"BEGIN IMMEDIATE" if write else "BEGIN"',
        '"BEGIN"',
        (_PROMISES + "test_while_a_command_has_a_case_nobody_else_gets_it[sqlite]",),
    ),
    "get_approves": Switch(
        "workflow.web.pages.actions",
        "    return _step_page(request, case_id, trigger, lot, then, _kept(request, case_id, trigger, kept))\n",
        "    __import__('tests.switches.breaking', fromlist=['x']).approve(request, case_id, trigger)\n"
        "    return _step_page(request, case_id, trigger, lot, then, _kept(request, case_id, trigger, kept))\n",
        (_PROMISES + "test_looking_at_a_decision_decides_nothing[sqlite]",),
    ),
    "region_filter_forgotten": Switch(
        "workflow.cases.events",
        "from workflow.cases.view import case_row, names_of, timer_items, view_of\n",
        "from workflow.cases.view import names_of, timer_items, view_of\n\n"
        "def case_row(uow, who, case_id):\n"
        "    return uow.one(case_rows.GET_CASE, case_id=case_id)\n",
        (_PROMISES + "test_no_address_of_a_case_answers_another_region[sqlite]",),
    ),
    "chain_by_sequence_only": Switch(
        "workflow.engine.verify",
        "        if row[8] != self.hash:\n",
        "        if False:\n",
        (
            "tests/workflow/test_tampering.py::test_every_two_neighbours_swapped_is_found[sqlite]",
            "tests/workflow/test_tampering.py::test_events_of_another_stream_spliced_in_are_found[sqlite]",
        ),
    ),
    "grace_of_one_second": Switch(
        "workflow.scheduler",
        "            misfire_grace_time=None,\n",
        "            misfire_grace_time=1,\n",
        ("tests/workflow/test_scheduler.py::test_the_watchdog_beats_when_the_library_never_does",),
    ),
    "naive_local_time": Switch(
        "states.calendar",
        "    return instant.astimezone(STOCKHOLM).date()\n",
        "    return instant.date()\n",
        ("tests/states/test_calendar.py::test_the_local_date_is_not_the_utc_date",),
    ),
    "auto_transitions_open": Switch(
        "states.machine",
        "        auto_transitions=False,\n",
        "        auto_transitions=True,\n",
        (_PROMISES + "test_the_machine_knows_the_published_triggers_and_no_other",),
    ),
}  # fmt: skip


class _Changed(SourceFileLoader):
    switch: Switch

    def get_code(self, fullname: str) -> Any:
        source = self.get_data(self.get_filename(fullname)).decode()
        if source.count(self.switch.old) != 1:
            sys.exit(f"the switch no longer fits {fullname}")
        return compile(source.replace(self.switch.old, self.switch.new), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, switch: Switch) -> None:
        self.switch = switch

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.switch.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            loader = _Changed(fullname, spec.origin)
            loader.switch = self.switch
            spec.loader = loader  # a plain SourceFileLoader but for the text
            assert isinstance(spec.loader, Loader)
        return spec


def pytest_load_initial_conftests() -> None:
    """Before any conftest is read: nothing of the product is loaded yet."""
    name = os.environ.get("STEGVIS_BROKEN")
    if name:
        switch = SWITCHES[name]
        assert switch.module not in sys.modules, "too late: it is loaded"
        sys.meta_path.insert(0, _Finder(switch))


def send_now(app: Any, uow: Any) -> None:
    """Hands over what a command has queued before the command commits."""
    from email.message import EmailMessage

    from sqlalchemy import text

    if app.transport is None:
        return
    for row in uow.connection.execute(text("SELECT recipient FROM outbox_messages WHERE status = 'queued'")):
        app.transport.send(EmailMessage(), row.recipient)


def approve(request: Any, case_id: str, trigger: str) -> None:
    """Decides because somebody looked."""
    from workflow.cases.actions import basis_hash
    from workflow.commands import Act
    from workflow.engine.execute import execute
    from workflow.web.pages.visit import visiting

    with visiting(request) as visit:
        basis = basis_hash(visit.uow, case_id, visit.who, trigger, None)
        who = visit.who.person_id
    execute(request.app.state.stegvis, Act(case_id, trigger, None, {}, basis), by=who)
