"""The database half of the imports: rows become cases through `execute()`, one command each; twice changes nothing.

Each row is a transaction of its own, so that a crash half-way leaves whole cases, and running the import again
finishes it: what a row became is kept in `external_references`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from states.calendar import local_date
from states.roles import Actor, system_actor
from templates.labels import has_label
from workflow.commands import FireTimer, OpenCase
from workflow.db.columns import fold
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.act import form_of
from workflow.engine.execute import Stegvis, execute
from workflow.engine.forms import parse
from workflow.engine.opening import FIND_EXTERNAL
from workflow.engine.tables import Timer
from workflow.errors import InvalidForm, NotFound
from workflow.importers.column_mapping import (
    ColumnMapping,
    MappingLine,
    correct_mapping,
    explain,
    guess_mapping,
    unused_columns,
)
from workflow.importers.contract_register import ContractRecord, read_contract_register
from workflow.importers.existing_contracts import Known, by_name, existing_contract
from workflow.importers.existing_procurements import existing_procurement
from workflow.importers.procurement_statistics import joined, read_procurements, read_suppliers, read_values
from workflow.importers.rows import Account, Outcome, Problem, RowResult, account, account_line
from workflow.importers.table_files import Table, read_table
from workflow.people.tables import Person, Unit

CONTRACTS, PROCUREMENTS = "contract_register", "procurement_statistics"
ALREADY_THERE = "error.import_already_there"

_people = Person.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_PEOPLE = Statement(
    select(_people.c.id, _people.c.name, _people.c.email).where(
        _people.c.region_id == bindparam("region_id"), _people.c.disabled_at.is_(None)
    )
)
_UNITS = Statement(select(_units.c.id, _units.c.name).where(_units.c.region_id == bindparam("region_id")))
_DUE_OF = Statement(
    select(_timers.c.id)
    .where(_timers.c.case_id == bindparam("case_id"), _timers.c.status == "pending", _timers.c.due_at <= bindparam("now"))
    .limit(1)
)  # fmt: skip

Results = list[RowResult[Any]]
#: Called after each row that became a case, with how many there are and how many there will be.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Import:
    """What an import did or, when only looked at, would do. `lists` are the rows of each file, by its name."""

    lists: Mapping[str, Results]
    opened: int
    already_there: int

    @property
    def account(self) -> Account:
        """Of the rows of the main file."""
        return account(self.lists["rows"])

    @property
    def lines(self) -> list[str]:
        """The account as the command line prints it: side files first, the rows last."""
        return [account_line(name, results) for name, results in self.lists.items()]

    @property
    def nothing_usable(self) -> bool:
        """Whether no row could be used, none was there already, and some could not because of what stands in them."""
        return self.account.used == 0 and self.already_there == 0 and self.account.unclear > 0


@dataclass(frozen=True, slots=True)
class ContractPreview:
    """A contract register before anything is changed: how its columns are read, and what would come of each row."""

    headers: tuple[str, ...]
    mapping: ColumnMapping
    mapping_lines: list[MappingLine]
    unused: tuple[str, ...]
    sheet: str | None
    other_sheets: tuple[str, ...]
    result: Import


@dataclass(frozen=True, slots=True)
class _Entry:
    """One case to open: the command, and the places of the rows that it comes from, by list."""

    command: OpenCase
    fingerprint: str
    places: Mapping[str, Sequence[int]]


def preview_contracts(
    app: Stegvis, region_id: str, data: bytes, name: str, *, choices: Mapping[str, str | None] | None = None
) -> ContractPreview:
    """Read a contract register and change nothing. `choices` are a person's columns (field to header, None for none).

    Raises ImportRefused when the file or the choices cannot be used, NotFound for an unknown region.
    """
    table, mapping = _mapped(data, name, choices or {})
    results, entries = _contract_entries(app, region_id, table, mapping)
    lists = {"rows": results}
    return ContractPreview(
        table.headers,
        mapping,
        explain(mapping, table.sample()),
        unused_columns(mapping, table.headers),
        table.sheet,
        table.other_sheets,
        Import(lists, len(entries), _count_already(results)),
    )


def explained_columns(
    data: bytes, name: str, *, choices: Mapping[str, str | None] | None = None
) -> tuple[tuple[str, ...], tuple[MappingLine, ...], tuple[str, ...]]:
    """The headers of a file, how they were understood, and those not used: also where a needed one is missing.

    Raises ImportRefused for a file that cannot be read.
    """
    table, mapping = _mapped(data, name, choices or {})
    lines = explain(mapping, table.sample())
    return tuple(table.headers), tuple(lines), tuple(unused_columns(mapping, table.headers))


def import_contracts(
    app: Stegvis,
    region_id: str,
    data: bytes,
    name: str,
    *,
    choices: Mapping[str, str | None] | None = None,
    by: Actor | None = None,
    progress: Progress | None = None,
) -> Import:
    """Open a contract case for each new row. `by` is who does it (the operator when None); no mail is sent.

    Raises ImportRefused when the file or the choices cannot be used, NotFound for an unknown region.
    """
    table, mapping = _mapped(data, name, choices or {})
    results, entries = _contract_entries(app, region_id, table, mapping)
    return _carry_out(app, region_id, {"rows": results}, entries, by, progress)


def preview_procurements(
    app: Stegvis, region_id: str, data: bytes, name: str, *, values: bytes | None = None, suppliers: bytes | None = None
) -> Import:
    """Read rows of the national statistics, with side files, and change nothing. Raises ImportRefused, NotFound."""
    lists, entries = _procurement_entries(app, region_id, data, name, values, suppliers)
    return Import(lists, len(entries), _count_already(lists["rows"]))


def import_procurements(
    app: Stegvis,
    region_id: str,
    data: bytes,
    name: str,
    *,
    values: bytes | None = None,
    suppliers: bytes | None = None,
    by: Actor | None = None,
    progress: Progress | None = None,
) -> Import:
    """Open a procurement case for each new Upphandlings-ID of the region. Raises ImportRefused, NotFound."""
    lists, entries = _procurement_entries(app, region_id, data, name, values, suppliers)
    return _carry_out(app, region_id, lists, entries, by, progress)


# --- what the rows become -----------------------------------------------------------------------------------------


def _mapped(data: bytes, name: str, choices: Mapping[str, str | None]) -> tuple[Table, ColumnMapping]:
    table = read_table(data, name)
    guessed = guess_mapping(table.headers, table.sample())
    return table, correct_mapping(guessed, table.headers, choices)


def _contract_entries(
    app: Stegvis, region_id: str, table: Table, mapping: ColumnMapping
) -> tuple[Results, list[_Entry]]:
    results: Results = list(read_contract_register(table, mapping))
    entries: list[_Entry] = []
    with app.database.read() as uow:
        _check_region(uow, region_id)
        known, today = _known(uow, region_id), local_date(uow.now)
        there = _already(uow, region_id, CONTRACTS, (r.fingerprint for r in results))
        for place, result in enumerate(results):
            if result.outcome is not Outcome.USED:
                continue
            if result.fingerprint in there:
                results[place] = _already_there(result, there[result.fingerprint])
                continue
            assert isinstance(result.record, ContractRecord)
            contract = existing_contract(result.record, known, today, app.settings.locale)
            result = replace(result, problems=(*result.problems, *contract.problems))
            results[place] = checked = _checked(result, "contract", contract.form, contract.entry)
            if checked.outcome is Outcome.USED:
                fingerprint = str(result.fingerprint)
                command = OpenCase(
                    "contract",
                    region_id,
                    contract.form,
                    entry=("register_existing", contract.entry),
                    external=(CONTRACTS, fingerprint),
                )
                entries.append(_Entry(command, fingerprint, {"rows": [place]}))
    return results, entries


def _procurement_entries(
    app: Stegvis, region_id: str, data: bytes, name: str, values: bytes | None, suppliers: bytes | None
) -> tuple[dict[str, Results], list[_Entry]]:
    rows: Results = list(read_procurements(read_table(data, name), region_id))
    ids = [str(r.fingerprint) for r in rows if r.record]
    lists: dict[str, Results] = {}
    if values is not None:
        lists["values"] = list(read_values(read_table(values, "values"), region_id, set(ids)))
    if suppliers is not None:
        lists["suppliers"] = list(read_suppliers(read_table(suppliers, "suppliers"), region_id, set(ids)))
    lists["rows"] = rows
    places: dict[str, dict[str, list[int]]] = {external_id: {} for external_id in ids}
    for list_name, results in lists.items():
        for place, result in enumerate(results):
            if result.outcome is Outcome.USED and result.record is not None:
                places[result.record.external_id].setdefault(list_name, []).append(place)
    entries = []
    with app.database.read() as uow:
        _check_region(uow, region_id)
        there = _already(uow, region_id, PROCUREMENTS, ids)
    for found in joined(rows, lists.get("values", ()), lists.get("suppliers", ())):
        external_id = found.record.external_id
        mine = places[external_id]
        if external_id in there:
            _change(lists, mine, lambda r, at=external_id: _already_there(r, there[at]))  # type: ignore[misc]
            continue
        form, entry = existing_procurement(found, app.settings.locale)
        first = rows[mine["rows"][0]]
        checked = _checked(first, "procurement", form, entry)
        if checked.outcome is not Outcome.USED:
            _change(lists, mine, lambda r, why=checked.problems: _unclear(r, why))  # type: ignore[misc]
            continue
        command = OpenCase(
            "procurement",
            region_id,
            form,
            entry=("register_existing", entry),
            external=(PROCUREMENTS, external_id),
        )
        entries.append(_Entry(command, external_id, mine))
    return lists, entries


def _checked(result: RowResult[Any], process: str, form: Mapping[str, Any], entry: Mapping[str, Any]) -> RowResult[Any]:
    """The row with what its forms refuse: looked at before anything is changed."""
    problems: list[Problem] = []
    for trigger, data in (("open", form), ("register_existing", entry)):
        try:
            parse(form_of(process, trigger), data)
        except InvalidForm as refusal:
            problems += _problems(refusal)
    return _unclear(result, (*result.problems, *problems)) if problems else result


def _problems(refusal: InvalidForm) -> Iterator[Problem]:
    for fault in refusal.errors:
        code = f"error.{fault.code}"
        field = fault.field if has_label(f"field.contract_register.{fault.field}", "sv") else None
        usable = has_label(code, "sv") and fault.code != "field_too_long"
        yield Problem(code if usable else "error.field_invalid", {k: str(v) for k, v in fault.params.items()}, field)


# --- carrying it out ----------------------------------------------------------------------------------------------


def _carry_out(
    app: Stegvis,
    region_id: str,
    lists: dict[str, Results],
    entries: Sequence[_Entry],
    by: Actor | None,
    progress: Progress | None,
) -> Import:
    who = replace(by or system_actor(region_id), channel="import")
    opened = 0
    for entry in entries:
        try:
            case = execute(app, entry.command, by=who)
        except InvalidForm as refusal:
            why = tuple(_problems(refusal))
            _change(lists, entry.places, lambda r, why=why: _unclear(r, (*r.problems, *why)))  # type: ignore[misc]
            continue
        except IntegrityError:  # another import of the same list was faster
            _change(lists, entry.places, lambda r: _already_there(r, ""))
            continue
        opened += 1
        _catch_up(app, case["id"], region_id)
        if progress:
            progress(opened, len(entries))
    return Import(lists, opened, _count_already(lists["rows"]))


def _catch_up(app: Stegvis, case_id: str, region_id: str) -> None:
    """What has been due since before Stegvis is done now and in silence: an old contract sends nobody a mail."""
    with app.database.read() as uow:
        if uow.one(_DUE_OF, case_id=case_id, now=uow.now) is None:
            return
    quiet = replace(system_actor(region_id), channel="import")
    while execute(app, FireTimer(case_id), by=quiet):
        pass


def _check_region(uow: UnitOfWork, region_id: str) -> None:
    if case_rows.region(uow, region_id) is None:
        raise NotFound("region_unknown", region=region_id)


def _known(uow: UnitOfWork, region_id: str) -> Known:
    people = uow.all(_PEOPLE, region_id=region_id)
    names = by_name((p.name, p.id) for p in people)
    return Known(
        names | {fold(p.email): p.id for p in people},
        by_name((u.name, u.id) for u in uow.all(_UNITS, region_id=region_id)),
    )


def _already(uow: UnitOfWork, region_id: str, source: str, ids: Iterable[str | None]) -> dict[str | None, str]:
    """The references of the cases that rows became earlier, by fingerprint."""
    found: dict[str | None, str] = {}
    for external_id in dict.fromkeys(ids):
        if external_id is None:
            continue
        row = uow.one(FIND_EXTERNAL, region_id=region_id, source=source, external_id=external_id)
        if row is not None:
            case = uow.one(case_rows.GET_CASE, case_id=row.case_id)
            found[external_id] = case.reference if case else ""
    return found


def _already_there(result: RowResult[Any], reference: str) -> RowResult[Any]:
    return replace(result, outcome=Outcome.SKIPPED, problems=(Problem(ALREADY_THERE, {"reference": reference}),))


def _unclear(result: RowResult[Any], why: tuple[Problem, ...]) -> RowResult[Any]:
    return replace(result, outcome=Outcome.UNCLEAR, problems=why)


def _change(
    lists: dict[str, Results], places: Mapping[str, Collection[int]], to: Callable[[RowResult[Any]], RowResult[Any]]
) -> None:
    for name, numbers in places.items():
        for place in numbers:
            lists[name][place] = to(lists[name][place])


def _count_already(results: Results) -> int:
    return sum(any(p.code == ALREADY_THERE for p in r.problems) for r in results)


__all__ = [
    "ContractPreview",
    "Import",
    "import_contracts",
    "import_procurements",
    "preview_contracts",
    "preview_procurements",
]
