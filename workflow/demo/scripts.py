"""What happens in a procurement, stage by stage: who does it, how many working days after the stage before, with what form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from states.calendar import Calendar
from workflow.demo.suppliers import supplier
from workflow.demo.wares import WARES, Ware

OWNER, OFFICER, HEAD, STRATEGIST = "owner", "officer", "head", "strategist"
CALENDAR = Calendar()

FormOf = Callable[[date], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A procurement of the demo: it has gone as far as `last`, `age` working days ago.

    `story` is one of STORIES in `stories.py`; `talk` are comments and questions (working days before today, who, text) on top of it.
    """

    title: str
    ware: str
    unit: str
    officer: str
    value: int
    last: str
    age: int
    story: str = "advertised"
    track: str = "above_threshold"
    lots: tuple[str, ...] = ()
    follows: str | None = None
    months: int = 24
    options: int = 2
    contract_class: str = "b"
    winner: str | None = None
    talk: tuple[tuple[int, str, str], ...] = ()

    @property
    def what(self) -> Ware:
        return WARES[self.ware]

    @property
    def numbers(self) -> list[int]:
        return list(range(1, max(len(self.lots), 1) + 1))


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the script. `lot` is None for a step of the whole case, or of all lots at once."""

    after: int
    trigger: str
    by: str
    form: FormOf
    lot: int | None = None


def fixed(**answers: Any) -> FormOf:
    return lambda _: answers


def _ends_on(day: date, months: int) -> date:
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def contract_row(s: Scene, day: date, lot: int = 1) -> dict[str, Any]:
    """The contract a lot leads to: from the month after the next, its value shared between the lots."""
    name = s.winner or s.what.suppliers[(lot - 1) % len(s.what.suppliers)]
    start_on = _first_of_next_month(_first_of_next_month(day))
    return {
        **supplier(name),
        "value": str(s.value // len(s.numbers)),
        "contract_number": f"{day.year}-{sum(map(ord, s.title)) % 900 + 100}-{lot}",
        "start_on": start_on,
        "end_on": _ends_on(start_on, s.months),
        "option_count": s.options,
        "option_months": 12 if s.options else None,
        "notice_months": 3,
        "contract_class": s.contract_class,
        "is_framework": s.ware in ("consulting", "computers", "furniture"),
    }


# --- the parts of a script -----------------------------------------------------------------------------------------


def need(s: Scene) -> list[Stage]:
    form = {
        "need": s.what.need,
        "kind": s.what.kind,
        "track": s.track,
        "estimated_value": str(s.value),
        "cpv": s.what.cpv,
        "lots": s.lots,
        "framework": "Ramavtal hos inköpscentral" if s.track in ("call_off", "renewed_competition") else None,
    }
    return [Stage(4, "submit_needs_analysis", OFFICER, lambda _: form)]


def start_and_risk(s: Scene) -> list[Stage]:
    names = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
    risks = dict(zip(names, s.what.risks, strict=True))
    return [
        Stage(3, "decide_start", OWNER, fixed(reasons="Behovet är angeläget och ryms i budgeten.")),
        Stage(6, "submit_risk_analysis", OFFICER, lambda _: risks),
    ]


def targets(s: Scene) -> list[Stage]:
    proposal = s.what.target_rows()
    for row in proposal:
        row["target_on"] = None
    agrees = "Målen svarar mot riskanalysen och går att följa upp. Nivån är rimlig för marknaden."
    return [
        Stage(4, "save_targets", STRATEGIST, fixed(targets=proposal)),
        Stage(2, "record_opinion", STRATEGIST, fixed(supports=True, opinion=agrees)),
        Stage(1, "submit_targets", OFFICER, fixed()),
        Stage(
            3, "decide_sustainability_target", OWNER,
            fixed(reasons="Målsättningen ligger i linje med hållbarhetsstrategin.", sent_to="Upphandlingsavdelningen"),
        ),
    ]  # fmt: skip


def no_target(_: Scene) -> list[Stage]:
    reason = "Tjänsten omfattar service av befintlig utrustning. Inget mål skulle påverka utförandet."
    opinion = "Jag instämmer: riskerna är låga i alla delar. Frågan tas upp igen vid nästa upphandling."
    return [
        Stage(3, "record_opinion", STRATEGIST, fixed(supports=True, opinion=opinion)),
        Stage(2, "submit_targets", OFFICER, fixed(no_target_reason=reason)),
        Stage(3, "decide_no_applicable_target", OWNER, fixed(reasons=reason)),
    ]


def targets_returned(s: Scene) -> list[Stage]:
    first = targets(s)
    why = "Målet om arbetsvillkor behöver en indikator som vi kan mäta redan första året."
    return [
        *first[:3],
        Stage(4, "return_for_completion", OWNER, fixed(reason=why)),
        *(Stage(each.after + 2, each.trigger, each.by, each.form) for each in first[:3]),
        first[3],
    ]


def requirements(s: Scene, *, with_targets: bool = True) -> list[Stage]:
    rows = s.what.requirement_rows(with_targets=with_targets)
    return [
        Stage(7, "save_requirements", OFFICER, fixed(requirements=rows)),
        Stage(1, "submit_requirements", OFFICER, fixed()),
        Stage(3, "decide_requirements", OWNER, fixed(reasons="Kraven är proportionerliga och går att följa upp.")),
    ]


#: From the advertisement to the last day for tenders, in working days: more than the law's 30 or 35 calendar days.
TENDER_DAYS = 25


def tendering(s: Scene) -> list[Stage]:
    def advertisement(day: date) -> dict[str, Any]:
        return {
            "published_on": day,
            "notice_reference": f"{day.year}/S {day.timetuple().tm_yday:03d}-{sum(map(ord, s.title)) % 900000 + 100000}",
            "tender_deadline_on": CALENDAR.add_working_days(day, TENDER_DAYS),
            "procedure": "open" if s.track == "above_threshold" else "simplified",
        }

    return [Stage(4, "record_advertisement", OFFICER, advertisement), _opening(s)]


def changed_tendering(s: Scene) -> list[Stage]:
    """The documents were changed on the way, and the last day for tenders moved."""

    def change(day: date) -> dict[str, Any]:
        moved_to = CALENDAR.add_working_days(day, TENDER_DAYS - 10)
        return {"change_note": "Rättad volym i prisbilagan.", "tender_deadline_on": moved_to}

    advertisement, _ = tendering(s)
    return [
        advertisement,
        Stage(15, "record_documents_changed", OFFICER, change),
        Stage(TENDER_DAYS - 9, "record_opening", OFFICER, _opening(s).form),
    ]


def invitation(s: Scene) -> list[Stage]:
    def form(day: date) -> dict[str, Any]:
        return {"published_on": day, "tender_deadline_on": CALENDAR.add_working_days(day, 12)}

    opening = _opening(s)
    return [
        Stage(2, "record_invitation", OFFICER, form),
        Stage(13, opening.trigger, opening.by, opening.form),
    ]


def _opening(s: Scene) -> Stage:
    def form(day: date) -> dict[str, Any]:
        return {
            "opened_at_on": day,
            "opened_by": "Karin Ek" if s.officer == "upphandlare" else "Jonas Wikström",
            "opened_with": "Gunilla Forsman",
            "protocol_reference": f"Öppningsprotokoll {day.isoformat()}",
            "tenders_received": len(s.numbers) + 2 + s.value % 3,
        }

    return Stage(TENDER_DAYS + 1, "record_opening", OFFICER, form)


def award(s: Scene, lots: Iterable[int] | None = None) -> list[Stage]:
    stages = []
    numbers = list(lots or s.numbers)
    for lot in numbers:
        row = contract_row(s, date(2026, 1, 1), lot)
        winner = {k: row[k] for k in ("supplier_name", "organisation_number", "value")}
        form = {
            "lot": lot,
            "suppliers": [winner],
            "award_reasons": "Anbudet har bäst förhållande mellan pris och kvalitet enligt utvärderingsmodellen.",
            "evaluation_reference": "Utvärderingsprotokoll i upphandlingssystemet",
        }
        after = 9 if lot == numbers[0] else 0
        stages.append(Stage(after, "submit_award_proposal", OFFICER, lambda _, f=form: f, lot))  # type: ignore[misc]
    for lot in numbers:
        after = 3 if lot == numbers[0] else 0
        stages.append(Stage(after, "decide_award", HEAD, fixed(lot=lot), lot))
    notice = lambda day: {"sent_on": day, "recipients": "Samtliga anbudsgivare"}  # noqa: E731
    return [*stages, Stage(1, "record_award_notice", OFFICER, notice)]


def contracts(s: Scene, lots: Iterable[int] | None = None, *, wait: int = 12) -> list[Stage]:
    """`wait`: working days until the standstill has surely ended, whatever holidays lie in it."""
    stages = []
    numbers = list(lots or s.numbers)
    for lot in numbers:
        prepare = lambda day, n=lot: {"lot": n, "contracts": [contract_row(s, day, n)]}  # noqa: E731
        stages.append(Stage(wait if lot == numbers[0] else 0, "prepare_contracts", OFFICER, prepare, lot))
    for lot in numbers:
        sign = lambda day, n=lot: {"lot": n, "signed_on": day, "signing_reference": f"Signering {day:%y%m%d}-{n}"}  # noqa: E731
        stages.append(Stage(3 if lot == numbers[0] else 0, "sign_contracts", HEAD, sign, lot))
    return stages


def notices(_: Scene) -> list[Stage]:
    published = lambda day: {"published_on": day, "notice_reference": f"Efterannons {day:%Y-%m-%d}"}  # noqa: E731
    return [
        Stage(8, "record_post_award_notice", OFFICER, published),
        Stage(4, "complete_documentation", OFFICER, documentation),
    ]


def documentation(day: date) -> dict[str, Any]:
    return {"documentation_reference": f"Akt i diariet, komplett {day.isoformat()}"}


def review(lot: int = 1) -> Stage:
    def form(day: date) -> dict[str, Any]:
        return {
            "lot": lot,
            "court": "Förvaltningsrätten i Luleå",
            "court_case_number": f"{day.timetuple().tm_yday * 7 + 300}-{day:%y}",
            "lodged_on": day,
        }

    return Stage(3, "record_review", OFFICER, form, lot)  # inside the standstill, whatever holidays lie in it


def ruling(after: int, outcome: str, lot: int = 1) -> Stage:
    return Stage(after, "record_ruling", OFFICER, lambda day: {"lot": lot, "ruled_on": day, "ruling": outcome}, lot)


def cancellation(why: str, lot: int | None = None) -> list[Stage]:
    one = {"lot": lot} if lot else {}
    stages = [Stage(6, "propose_cancellation", OFFICER, fixed(reasons=why, **one), lot)]
    stages.append(Stage(2, "decide_cancellation", HEAD, fixed(**one), lot))
    sent = lambda day: {"sent_on": day, "recipients": "Samtliga anbudsgivare", **one}  # noqa: E731
    return [*stages, Stage(1, "record_cancellation_notice", OFFICER, sent, lot)]


def direct(s: Scene, trigger: str, by: str) -> list[Stage]:
    why = "Leverantören lämnade lägst pris av tre tillfrågade." if trigger == "decide_direct_award" else (
        "Avropet görs hos den leverantör som är rangordnad först i ramavtalet."
    )  # fmt: skip
    decision = lambda day: {**contract_row(s, day), "reasons": why, "signing_reference": "Beställning"}  # noqa: E731
    return [
        *need(s),
        Stage(2, trigger, by, decision),
        Stage(6, "complete_documentation", OFFICER, documentation),
    ]
