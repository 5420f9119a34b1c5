"""What a decision rests on, in words: from the stored basis (RFC 8785) to facts and tables of its document.

The basis is read as it was bound to the decision, never looked up again: later changes do not reach the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from templates.formatting import money
from templates.labels import gettext, has_label, label
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
_FOLLOW_UPS = ("followed_up_on", "outcome", "note")

Basis = Mapping[str, Any]


def value_text(name: str, value: Any, locale: str) -> str:
    """A value of the basis as people read it; a dash where nothing is said."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return label(f"value.yes_no.{'yes' if value else 'no'}", locale)
    if name.endswith("_ore"):
        return money(Decimal(value) / 100, locale)
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
    return tuple(rows)


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
