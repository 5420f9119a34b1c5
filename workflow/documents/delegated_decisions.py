"""Report of delegated decisions to a board's meeting (anmälan av delegationsbeslut).

Legal source: kommunallagen 6 kap. 40 § and 7 kap. 8 §; which decisions are reported, the board decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import groupby

from templates.formatting import long_day, money
from templates.labels import gettext
from workflow.documents.content import NOTHING, Block, Document, Heading, Table, Text
from workflow.documents.word import write_word


@dataclass(frozen=True)
class DelegatedDecision:
    """One decision made under the delegation order. ``value`` is the contract value in SEK, if any."""

    decided_on: date
    reference: str
    registry_number: str | None
    case_title: str
    decision: str
    decider: str
    mandate_rule: str
    value: Decimal | None = None


@dataclass(frozen=True)
class DelegatedDecisionReport:
    """The decisions of a period (both days included) for one board; ``ValueError`` for one outside it."""

    region_name: str
    board_name: str
    registry_number: str | None
    reference: str
    from_on: date
    to_on: date
    meeting_on: date
    decisions: tuple[DelegatedDecision, ...]

    def __post_init__(self) -> None:
        for decision in self.decisions:
            if not self.from_on <= decision.decided_on <= self.to_on:
                raise ValueError(f"{decision.reference}: {decision.decided_on} is outside {self.from_on}–{self.to_on}")


def write_delegated_decisions(report: DelegatedDecisionReport, *, locale: str, now: datetime) -> bytes:
    """The report as a .docx, lying A4, one table for each mandate rule; ``now`` is when the file is made."""
    _ = partial(gettext, locale=locale)
    number = report.registry_number
    document = Document(
        sender=report.region_name,
        unit=report.board_name,
        number=_("Reg. no. %(number)s", number=number) if number else _("Not registered"),
        reference=report.reference,
        title=_("Report of delegated decisions"),
        subtitle=_("To the meeting on %(day)s", day=long_day(report.meeting_on, locale)),
        blocks=tuple(_blocks(report, locale)),
    )
    return write_word(document, locale=locale, now=now, landscape=True)


def _blocks(report: DelegatedDecisionReport, locale: str) -> Iterator[Block]:
    _ = partial(gettext, locale=locale)
    yield Text(
        _(
            "Decisions made by delegation from %(from_on)s to %(to_on)s: %(count)s. They are reported under "
            "chapter 6, section 40 and chapter 7, section 8 of the Local Government Act.",
            from_on=report.from_on,
            to_on=report.to_on,
            count=len(report.decisions),
        )
    )
    headers = (
        _("Date of decision"),
        _("Reg. no."),
        _("Case"),
        _("Decision"),
        _("Decided by"),
        _("Contract value"),
    )
    for rule, decisions in groupby(sorted(report.decisions, key=_order), key=lambda d: d.mandate_rule):
        rows = tuple(_row(decision, locale) for decision in decisions)
        yield Heading(rule)
        yield Table(_("Number of decisions: %(count)s", count=len(rows)), headers, rows)


def _row(decision: DelegatedDecision, locale: str) -> tuple[str, ...]:
    return (
        decision.decided_on.isoformat(),
        decision.registry_number or NOTHING,
        f"{decision.case_title}\n{decision.reference}",
        decision.decision,
        decision.decider,
        NOTHING if decision.value is None else money(decision.value, locale),
    )


def _order(decision: DelegatedDecision) -> tuple[list[tuple[int, str]], str, date, str]:
    """Rules in the order of the delegation order (4.2 before 4.10), then by day and reference."""
    parts = re.findall(r"\d+|\D+", decision.mandate_rule)
    natural = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return natural, decision.mandate_rule, decision.decided_on, decision.reference
