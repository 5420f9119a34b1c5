"""What a decision rests on, in words: from the stored basis (RFC 8785) to facts and tables of its document.

The basis is read as it was bound to the decision, never looked up again: later changes do not reach the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from templates.formatting import kronor
from templates.labels import gettext, has_label, label, ngettext
from workflow.documents.content import NOTHING, Table

#: Of a table's columns: the key in the basis, and the field whose label is the header.
_TARGETS = (
    "statement",
    "dimension",
    "goal",
    "level",
    "indicator",
    "baseline",
    "target_value",
    "target_on",
    "follow_up",
)
_REQUIREMENTS = ("text", "requirement_kind", "proof", "follow_up", "target_number")
_DRAFTS = ("contract_number", "start_on", "end_on", "option_count", "notice_months", "contract_class", "value_ore")
#: The single facts in the order people read them; the reasons have a section of their own in the document.
_FACTS = (
    "title", "kind", "track", "need", "estimated_value_ore", "value_on", "cpv", "framework", "risk_environment",
    "risk_human_rights", "risk_corruption", "risk_labour_law", "risk_other", "risk_note", "contract_number", "start_on",
    "end_on", "last_end_on", "option_count", "options_used", "option_months", "notice_months", "value_ore",
    "contract_class", "evaluation_reference", "proposed_by",
)  # fmt: skip
#: Of a deviation: the key in the basis, and the field whose label and values it has.
_DEVIATION = (
    ("kind", "deviation_kind"), ("requirement", "requirement"), ("clause", "clause"), ("found_on", "found_on"),
    ("finding_source", "finding_source"), ("description", "description"), ("ground", "ground"),
    ("prepared_rung", "prepared_rung"), ("proportionality", "proportionality"), ("evidence", "evidence"),
    ("skip_reason", "skip_reason"),
)  # fmt: skip
#: What no sanction is without: an empty one is one that this reader may not see.
_ALWAYS_SAID = ("description", "evidence")
_FOLLOW_UPS = ("followed_up_on", "outcome", "note")

Basis = Mapping[str, Any]


def value_text(name: str, value: Any, locale: str) -> str:
    """A value of the basis as people read it; a dash where nothing is said."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return label(f"value.yes_no.{'yes' if value else 'no'}", locale)
    if name.endswith("_ore"):
        return kronor(value, locale)
    code = f"value.{'risk' if name.startswith('risk_') else name}.{value}"
    return label(code, locale) if has_label(code, locale) else str(value)


def _field(name: str, locale: str) -> str:
    return label(f"field.{name.removesuffix('_ore')}", locale)


def facts(basis: Basis, locale: str, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The single facts of the basis as (label, value); facts that say nothing are left out."""
    rows = []
    for part in ("need", "contract", "award_proposal", "cancellation"):
        said = basis.get(part) or {}
        for name in _FACTS:
            if said.get(name) not in (None, ""):
                text = names.get(said[name]) or value_text(name, said[name], locale)
                rows.append((_field(name, locale), text))
    return (*rows, *_deviation(basis, locale))


def _deviation(basis: Basis, locale: str) -> Iterator[tuple[str, str]]:
    """What a decision about a deviation rests on: the finding, the ground, why it is proportionate, the letter."""
    _ = partial(gettext, locale=locale)
    said = basis.get("deviation")
    if said is None:
        return
    for name, field in _DEVIATION:
        if said.get(name) not in (None, ""):
            yield _field(field, locale), value_text(field, said[name], locale)
        elif name in _ALWAYS_SAID and said.get("prepared_rung"):
            yield _field(field, locale), _("not shown to your role")
    if said.get("stop_consent") is not None:
        yield _("The contract owner consents to the stop"), value_text("consents", bool(said["stop_consent"]), locale)
    yield _("Terms"), said["terms"]["clause_version"]
    letter = said.get("letter")
    if letter:
        language = label(f"letter_language.{letter['locale']}", locale)
        yield _("Letter to"), f"{letter['to']}, {letter['address']} ({language})"
    fine = (basis.get("ladder") or {}).get("fine")
    if fine:
        weeks = ngettext("%(n)s week", "%(n)s weeks", fine["weeks"], locale)
        yield _("Penalty so far"), f"{kronor(fine['total_ore'], locale)} ({weeks})"


def tables(basis: Basis, locale: str) -> Iterator[Table]:
    """The lists of the basis: targets with the opinions on them, requirements, suppliers, contracts, follow-ups."""
    _ = partial(gettext, locale=locale)
    if "targets" in basis:
        yield _table(_("Sustainability targets"), _("Target no."), _TARGETS, basis["targets"], locale)
    if "opinions" in basis:
        yield _opinions(basis["opinions"], locale)
    if "requirements" in basis:
        yield _table(_("Requirements that apply"), "", _REQUIREMENTS, basis["requirements"], locale)
    if "award_proposal" in basis:
        yield _suppliers(basis["award_proposal"]["suppliers"], locale)
    if "award" in basis:
        yield _suppliers(basis["award"]["awards"], locale)
    if "contract_drafts" in basis:
        yield _drafts(basis["contract_drafts"], locale)
    if "follow_ups" in basis:
        yield _follow_ups(basis["follow_ups"], locale)


def _table(title: str, first: str, columns: Sequence[str], rows: Sequence[Basis], locale: str) -> Table:
    """Rows with their number in front where `first` heads it."""
    headers = (*((first,) if first else ()), *(_field(c, locale) for c in columns))
    body = tuple(
        (*((str(r["number"]),) if first else ()), *(value_text(c, r.get(c), locale) for c in columns)) for r in rows
    )
    return Table(title, headers, body)


def _opinions(rows: Sequence[Basis], locale: str) -> Table:
    _ = partial(gettext, locale=locale)
    headers = (_("Opinion by"), _("Supports the proposal"), label("field.opinion", locale))
    return Table(
        _("Opinions"),
        headers,
        tuple((o["by"], value_text("supports", o["supports"], locale), o["opinion"]) for o in rows),
    )


def _suppliers(rows: Sequence[Basis], locale: str) -> Table:
    _ = partial(gettext, locale=locale)
    headers = (_("Supplier's name"), label("field.organisation_number", locale), label("field.value", locale))
    return Table(
        _("Awarded or proposed suppliers"),
        headers,
        tuple(
            (r["name"], r.get("number") or NOTHING, value_text("value_ore", r.get("value_ore"), locale)) for r in rows
        ),
    )


def _drafts(rows: Sequence[Basis], locale: str) -> Table:
    _ = partial(gettext, locale=locale)
    headers = (_("Supplier's name"), *(_field(c, locale) for c in _DRAFTS))
    body = tuple((r["supplier"], *(value_text(c, r.get(c), locale) for c in _DRAFTS)) for r in rows)
    return Table(_("Contracts to sign"), headers, body)


def _follow_ups(rows: Sequence[Basis], locale: str) -> Table:
    headers = tuple(_field(c, locale) for c in _FOLLOW_UPS)
    body = tuple((r["on"], value_text("outcome", r["outcome"], locale), r["note"]) for r in rows)
    return Table(gettext("Follow-ups of the contract", locale), headers, body)
