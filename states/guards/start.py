"""Guards of the start: who owns what is bought, and how small a track its value allows."""

from __future__ import annotations

from decimal import Decimal

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import OFFICER, _unless, guard


@guard(mark=Mark.POLICY, source="Riktlinje Inköp: avtalsägaren ansvarar för budget och kravställan")
def contract_owner_is_named(s: Situation) -> list[Unmet]:
    return _unless(s.case.owner_id is not None or s.answer("owner") is not None, "no_contract_owner", OFFICER)


#: The parameter that holds the threshold of a kind of procurement (SFS 2024:30), in SEK without VAT.
THRESHOLDS = {
    "goods": "threshold_goods_services",
    "services": "threshold_goods_services",
    "works": "threshold_works",
    "annex_2": "threshold_annex_2",
}


@guard("procurement", mark=Mark.LAW, source="LOU 5:1, 19:1, 19a:2")
def track_fits_value(s: Situation) -> list[Unmet]:
    """The value (without VAT, options counted as used, LOU 5:3) decides how small a track may be chosen."""
    if s.form is None:
        return []
    track, value = s.answer("track"), s.answer("estimated_value")
    if value is None or track not in ("direct", "below_threshold"):
        return []
    name = "limit_direct_procurement" if track == "direct" else THRESHOLDS[s.answer("kind")]
    if track == "direct" and s.answer("kind") == "annex_2":
        name = THRESHOLDS["annex_2"]
    limit = s.parameters[name]
    return _unless(
        value < Decimal(limit.value),
        "value_above_track",
        OFFICER,
        cites=limit.source,
        limit=limit.value,
        value=str(value),
    )


@guard("procurement", mark=Mark.LAW, source="LOU 7:3–7:9")
def framework_is_named(s: Situation) -> list[Unmet]:
    """A call-off or renewed competition happens under a framework that is named."""
    if s.form is None or s.answer("track") not in ("call_off", "renewed_competition"):
        return []
    return _unless(bool(s.answer("framework")), "no_framework", OFFICER, cites="LOU 7:3")
