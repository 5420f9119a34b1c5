"""All open ladders of the region by rung, age and who has the ball; and whether like deviations were taken alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from states.alike import DAYS, FEWEST_OTHERS, MOST_NAMED, STEPS, TIMES, Alike, Figures, Unequal, alike
from states.ladder import BY_KEY, KEYS
from states.roles import Role
from templates.formatting import number
from templates.labels import gettext, label, ngettext
from workflow.deviations.alike import courses
from workflow.deviations.lists import (
    SUPPLIER,
    LadderFilter,
    LadderItem,
    list_ladders,
    rung_counts,
    suppliers_of_ladders,
)
from workflow.deviations.tables import GROUNDS, KINDS
from workflow.exports.fines import fine_sheet
from workflow.exports.tables import EXPORTED_ROWS, Column, Sheet, Value
from workflow.web.base import page
from workflow.web.filters import check_values, only_known
from workflow.web.pages import words
from workflow.web.pages.cases import sheet_download
from workflow.web.pages.ladder_words import age_text, ball_text, rung_name
from workflow.web.pages.visit import Visit, sole_holders, unit_options, visiting
from workflow.web.problems import UnknownFilter

router = APIRouter()
_NAMES = (
    "rung", "days", "ball", "supplier", "category", "unit", "overdue", "ended", "kind", "ground", "severe", "stood",
    "passed_by",
)  # fmt: skip
_KNOWN = Depends(only_known(*_NAMES))
BALLS = (
    SUPPLIER, Role.PROCUREMENT_OFFICER.value, Role.CONTRACT_MANAGER.value, Role.CONTRACT_OWNER.value,
    Role.HEAD_OF_PROCUREMENT.value, Role.SUSTAINABILITY_STRATEGIST.value,
)  # fmt: skip
AGES = ("14", "30", "60", "90", "180")
#: Filters with a closed list of values; "none" stands for what has no ground.
_VALUES: dict[str, tuple[str, ...]] = {
    "rung": KEYS, "stood": KEYS, "passed_by": KEYS, "ball": BALLS, "kind": KINDS, "ground": (*GROUNDS, "none"),
    "severe": ("yes", "no"),
}  # fmt: skip


def filters_of(given: dict[str, str]) -> tuple[LadderFilter, dict[str, str]]:
    """The filter, and the part of the address that gives the same list again. Raises UnknownFilter."""
    kept = {name: given[name].strip() for name in _NAMES if given.get(name, "").strip()}
    check_values(kept)
    for name, value in kept.items():
        counted = name != "days" or (value.isascii() and value.isdecimal() and len(value) < 5)
        if value not in _VALUES.get(name, (value,)) or not counted:
            raise UnknownFilter(f"{name}={value}")
    ground = kept.get("ground")
    return LadderFilter(
        open_only=not kept.get("ended"),
        rung=kept.get("rung"),
        supplier=kept.get("supplier"),
        unit=kept.get("unit"),
        category=kept.get("category"),
        ball=kept.get("ball"),
        days=int(kept["days"]) if "days" in kept else None,
        overdue=bool(kept.get("overdue")),
        kind=kept.get("kind"),
        ground="" if ground == "none" else ground,
        severe={"yes": True, "no": False}.get(kept.get("severe", "")),
        stood=kept.get("stood"),
        passed_by=kept.get("passed_by"),
    ), kept


@router.get("/ladders", dependencies=[_KNOWN])
def show_ladders(request: Request, after: str | None = None) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        filters, kept = filters_of(dict(request.query_params))
        found = list_ladders(visit.uow, visit.who, filters, after=after)
        names = sole_holders(visit)
        suppliers = suppliers_of_ladders(visit.uow, visit.who)
        units = unit_options(visit)
        everything = [("", gettext("All", locale))]
        context: dict[str, Any] = {
            "counts": [
                {"text": f"{rung_name(key or None, locale)}: {n}", "href": f"/ladders?rung={key}" if key else None}
                for key, n in rung_counts(visit.uow, visit.who).items()
            ],
            "rows": [_row(i, visit, names) for i in found.items],
            "kept": kept,
            "chips": _chips(kept, dict(suppliers) | dict(units), locale),
            "rungs": [*everything, *((k, rung_name(k, locale)) for k in KEYS)],
            "ages": [*everything, *((a, gettext("at least %(n)s days", locale, n=a)) for a in AGES)],
            "balls": [*everything, *((b, ball_name(b, locale)) for b in BALLS)],
            "suppliers": [*everything, *suppliers],
            "units": [*everything, *units],
            "next_href": "/ladders?" + urlencode({**kept, "after": found.next}) if found.next else None,
            "export": "/ladders/export?" + urlencode(kept),
        }
        return page(request, "pages/ladders.html", context, title=gettext("Sanction ladders", locale))


def ball_name(ball: str, locale: str) -> str:
    return gettext("the supplier", locale) if ball == SUPPLIER else words.role_text(ball, locale)


def _row(item: LadderItem, visit: Visit, names: dict[str, str]) -> dict[str, Any]:
    locale = visit.locale
    return {
        "item": item,
        "rung": rung_name(item.rung, locale),
        "state": words.state_text("deviation", item.state, locale),
        "age": age_text(item.rung_entered_on, item.ended_on or visit.today, locale),
        "ball": ball_text(item, names, locale),
        "outcome": label(f"ladder_outcome.{item.outcome}", locale) if item.outcome else None,
    }


def _chips(kept: dict[str, str], names: dict[str, str], locale: str) -> list[dict[str, str]]:
    def text(name: str, value: str) -> str:
        if name == "rung":
            return rung_name(value, locale)
        if name == "stood":
            return gettext("has stood on %(rung)s", locale, rung=rung_name(value, locale))
        if name == "passed_by":
            return gettext("%(rung)s was waived or skipped", locale, rung=rung_name(value, locale))
        if name == "days":
            return gettext("at least %(n)s days", locale, n=value)
        if name == "ball":
            return ball_name(value, locale)
        if name == "kind":
            return label(f"value.deviation_kind.{value}", locale)
        if name == "ground":
            return ground_text("" if value == "none" else value, locale)
        if name == "severe":
            return gettext("severe deviation", locale) if value == "yes" else gettext("not severe", locale)
        if name == "category":
            return category_text(value, locale)
        if name == "overdue":
            return gettext("Late", locale)
        if name == "ended":
            return gettext("Ended too", locale)
        return names.get(value, f"”{value}”")

    return [
        {
            "text": text(name, value),
            "remove_href": "/ladders?" + urlencode({k: v for k, v in kept.items() if k != name}),
        }
        for name, value in kept.items()
    ]


def ground_text(ground: str, locale: str) -> str:
    return label(f"value.ground.{ground}", locale) if ground else gettext("no ground recorded", locale)


def category_text(category: str, locale: str) -> str:
    return gettext("CPV %(group)s", locale, group=category) if category else gettext("no CPV", locale)


@router.get("/ladders/export", dependencies=[_KNOWN])
def export_ladders(request: Request, format: str = "xlsx") -> Response:  # noqa: A002
    """Exactly the rows of the list, as Excel or CSV."""
    with visiting(request) as visit:
        filters, _ = filters_of(dict(request.query_params))
        names = sole_holders(visit)
        rows: list[list[Value]] = []
        after: str | None = None
        while len(rows) < EXPORTED_ROWS:
            found = list_ladders(visit.uow, visit.who, filters, after=after, limit=500)
            rows += [_cells(i, visit, names) for i in found.items]
            after = found.next
            if after is None:
                break
        sheet = Sheet(gettext("Sanction ladders", visit.locale), _columns(visit.locale), rows)
        return sheet_download(visit, sheet, format, "sanktionstrappor" if visit.locale == "sv" else "ladders")


@router.get("/ladders/fines", dependencies=[Depends(only_known())])
def export_fines(request: Request, format: str = "xlsx") -> Response:  # noqa: A002
    """Every started week of every fine, for finance."""
    with visiting(request) as visit:
        return sheet_download(
            visit, fine_sheet(visit.uow, visit.who, visit.locale), format, "viten" if visit.locale == "sv" else "fines"
        )


def _columns(locale: str) -> list[Column]:
    return [
        Column("reference", gettext("Reference", locale)),
        Column("title", label("field.title", locale)),
        Column("supplier", gettext("Supplier", locale)),
        Column("contract", gettext("Contract", locale)),
        Column("unit", label("field.unit", locale)),
        Column("kind", label("field.deviation_kind", locale)),
        Column("ground", label("field.ground", locale)),
        Column("found_on", label("field.found_on", locale), "date"),
        Column("rung", gettext("Rung", locale)),
        Column("since", gettext("Since", locale), "date"),
        Column("state", gettext("Stands at", locale)),
        Column("ball", gettext("Who has the ball", locale)),
        Column("due_on", gettext("Last day", locale), "date"),
        Column("outcome", gettext("Ended as", locale)),
        Column("ended_on", gettext("Ended", locale), "date"),
    ]


def _cells(i: LadderItem, visit: Visit, names: dict[str, str]) -> list[Value]:
    locale = visit.locale
    return [
        i.reference, i.title, i.supplier_name, i.contract_reference, i.unit_name,
        label(f"value.deviation_kind.{i.kind}", locale), ground_text(i.ground, locale), i.found_on,
        rung_name(i.rung, locale), i.rung_entered_on, words.state_text("deviation", i.state, locale),
        ball_text(i, names, locale), None if i.paused_on else i.next_due_on,
        label(f"ladder_outcome.{i.outcome}", locale) if i.outcome else None, i.ended_on,
    ]  # fmt: skip


# --- acting alike -----------------------------------------------------------------------------------------------


@router.get("/ladders/alike")
def show_alike(request: Request, by: str = "supplier") -> Response:
    """How long and how far like deviations were taken, per supplier or category, and which stand out in either way."""
    if by not in ("supplier", "category"):
        raise UnknownFilter(f"by={by}")
    with visiting(request) as visit:
        locale = visit.locale
        groups = alike(courses(visit.uow, visit.who, visit.today))
        context = {
            "by": by,
            "tabs": [
                {"text": gettext("By supplier", locale), "href": "/ladders/alike", "current": by == "supplier"},
                {
                    "text": gettext("By category", locale),
                    "href": "/ladders/alike?by=category",
                    "current": by == "category",
                },
            ],
            "groups": [_group(g, by, locale) for g in groups],
            "standing_out": sum(len({u.course.case_id for u in g.unequal}) for g in groups),
            "rule": {"fewest": FEWEST_OTHERS, "times": TIMES, "days": DAYS, "steps": STEPS, "named": MOST_NAMED},
        }
        return page(request, "pages/ladders_alike.html", context, title=gettext("Acting alike", locale))


def _group(g: Alike, by: str, locale: str) -> dict[str, Any]:
    like = {"kind": g.like.kind, "ground": g.like.ground or "none", "severe": "yes" if g.like.severe else "no", "ended": "1"}  # fmt: skip
    parts = g.by_supplier if by == "supplier" else g.by_category
    rows = [_figures(gettext("All alike", locale), g.figures, like, locale)]
    for name, part in parts:
        of = part.courses[0]
        narrowed = {"supplier": of.supplier_id} if by == "supplier" else {"category": of.category}
        text = name if by == "supplier" else category_text(name, locale)
        rows.append(_figures(text, part, {**like, **narrowed}, locale))
    return {
        "title": likeness_text(g, locale),
        "rows": rows,
        "comparable": g.comparable,
        "unequal": [unequal_row(u, locale) for u in g.unequal],
    }


def likeness_text(g: Alike, locale: str) -> str:
    """ "Barnarbete, rapporterar inte (punkt 3), allvarlig"."""
    kind = label(f"value.deviation_kind.{g.like.kind}", locale)
    ground = ground_text(g.like.ground, locale)
    parts = [kind, ground[:1].lower() + ground[1:]]
    return ", ".join([*parts, gettext("severe", locale)] if g.like.severe else parts)


def _figures(name: str, f: Figures, query: dict[str, str], locale: str) -> dict[str, Any]:
    """A row of figures, each with the address of the cases behind it."""

    def href(**more: str) -> str:
        return "/ladders?" + urlencode({k: v for k, v in {**query, **more}.items() if v})

    passed = sorted({r for c in f.courses for r in c.passed_by}, key=KEYS.index)
    return {
        "name": name,
        "count": len(f.courses),
        "href": href(),
        "days": [
            {"rung": rung_name(r, locale), "days": number(days, locale), "href": href(stood=r)}
            for r, days in f.days.items()
        ],
        "furthest": {"text": rung_name(f.furthest, locale), "href": href(stood=f.furthest)} if f.furthest else None,
        "passed": [
            {
                "text": rung_name(r, locale),
                "count": sum(r in c.passed_by for c in f.courses),
                "href": href(passed_by=r),
            }
            for r in passed
        ],
    }


def unequal_row(u: Unequal, locale: str) -> dict[str, Any]:
    """One deviation that stands out, in a sentence, with the cases it is held against."""
    rung = rung_name(u.rung, locale) if u.rung else ""
    usual = number(round(u.usual, 1), locale)
    text = {
        "longer": lambda: gettext("stood %(days)s on %(rung)s; the others' median is %(usual)s", locale, days=_days(u.value, locale), rung=rung, usual=usual),
        "shorter": lambda: gettext("stood only %(days)s on %(rung)s; the others' median is %(usual)s", locale, days=_days(u.value, locale), rung=rung, usual=usual),
        "higher": lambda: gettext("went up to %(rung)s; the others' median is %(usual)s", locale, rung=rung, usual=_at_height(u.usual, locale)),
        "lower": lambda: gettext("ended at %(rung)s by decision; the others' median is %(usual)s", locale, rung=rung or gettext("not on the ladder yet", locale), usual=_at_height(u.usual, locale)),
        "passed_by": lambda: gettext("%(rung)s was waived or skipped; so it was for %(usual)s %% of the others", locale, rung=rung, usual=usual),
        "not_passed_by": lambda: gettext("%(rung)s was used; for %(usual)s %% of the others it was waived or skipped", locale, rung=rung, usual=usual),
    }[u.what]()  # fmt: skip
    return {
        "text": text,
        "what": label(f"unequal.{u.what}", locale),
        "course": u.course,
        "others": u.others,
        "more": u.compared - len(u.others),
    }


def _days(days: float, locale: str) -> str:
    return ngettext("%(n)s day", "%(n)s days", int(days), locale)


def _at_height(height: float, locale: str) -> str:
    """The rungs at a height of the ladder, the lower where it lies between two."""
    return " / ".join(rung_name(r.key, locale) for r in BY_KEY.values() if r.order == int(height)) or gettext(
        "not on the ladder yet", locale
    )
