"""The annual calendar as it stands in the cooperation's agreement and plans, as data with its sources.

SEED 4 is the agreement on cooperation, SEED 1 the description of the secretariat's work, SEED 0 and SEED 3 a region's
guideline on purchasing and its sustainability plan. Owners and rhythms that no source states are marked as policy.
"""

from __future__ import annotations

from typing import Any

CLAUSE, POLICY, LAW = "clause", "policy", "law"

#: Keyword arguments of `AddRecurringDuty`, beside region and first day.
COOPERATION: tuple[dict[str, Any], ...] = (
    {"code": "annual_report", "title": "Verksamhetsrapport med årsbokslut till alla regioner", "rhythm": "yearly", "month": 3,
     "day": 31, "lead_days": 90, "owner_role": "steering_group", "basis": CLAUSE, "source": "SEED 4"},
    {"code": "operating_plan", "title": "Verksamhetsplan med områden och ansvariga regioner till RMC och LfU", "rhythm": "yearly",
     "month": 12, "day": 15, "lead_days": 90, "owner_role": "secretariat", "basis": CLAUSE, "source": "SEED 4"},
    {"code": "steering_meeting", "title": "Styrgruppsmöte", "rhythm": "times_a_year", "times": 4, "owner_role": "steering_group",
     "basis": CLAUSE, "source": "SEED 4, minst fyra om året"},
    {"code": "conference", "title": "Konferens för nätverket", "rhythm": "times_a_year", "times": 2, "owner_role": "steering_group",
     "basis": CLAUSE, "source": "SEED 4, två om året"},
    {"code": "terms_of_office", "title": "Ledamöternas uppdrag går ut: begär nya från LfU och RMC", "rhythm": "every_years",
     "every_years": 2, "base_year": 2026, "lead_days": 120, "owner_role": "secretariat", "basis": CLAUSE, "source": "SEED 4, två år"},
    {"code": "introduction_course", "title": "Introduktionskurs", "rhythm": "times_a_year", "times": 2, "owner_role": "secretariat",
     "basis": POLICY, "source": "SEED 1, två om året"},
    {"code": "webinar", "title": "Webbinarium", "rhythm": "times_a_year", "times": 4, "owner_role": "secretariat", "basis": POLICY,
     "source": "SEED 1, fyra om året"},
    {"code": "supplier_training", "title": "Leverantörsutbildning", "rhythm": "times_a_year", "times": 2,
     "owner_role": "secretariat", "basis": POLICY, "source": "SEED 1, två om året"},
    {"code": "auditor_calibration", "title": "Kalibrering av revisorer", "rhythm": "times_a_year", "times": 1,
     "owner_role": "secretariat", "basis": POLICY, "source": "SEED 1, en om året"},
    {"code": "action_plans", "title": "Handlingsplaner och prioriterade kategorier", "rhythm": "every_years", "every_years": 3,
     "base_year": 2025, "lead_days": 180, "owner_role": "area_coordinator", "basis": POLICY, "source": "SEED 1, vart tredje år"},
)  # fmt: skip
REGION: tuple[dict[str, Any], ...] = (
    {"code": "leaving_notice", "title": "Ta ställning till samarbetsavtalet: stanna eller säga upp för nästa år", "rhythm": "yearly",
     "month": 6, "day": 30, "lead_days": 90, "owner_role": "region_coordinator", "basis": CLAUSE, "source": "SEED 4",
     "is_notice": True},
    {"code": "products_to_follow_up", "title": "Anmäl vilka produkter som ska följas upp", "rhythm": "yearly", "month": 10, "day": 31,
     "owner_role": "region_coordinator", "basis": POLICY, "source": "HU-N540; årlig takt är Stegvis standard"},
    {"code": "guideline_review", "title": "Se över Riktlinje Inköp", "rhythm": "yearly", "month": 11, "day": 30, "lead_days": 90,
     "owner_role": "head_of_procurement", "basis": POLICY, "source": "SEED 0, varje år"},
    {"code": "sustainability_plan", "title": "Hållbarhetsplanen till regionstyrelsen", "rhythm": "every_years", "every_years": 2,
     "base_year": 2026, "month": 12, "day": 15, "lead_days": 180, "owner_role": "sustainability_strategist", "basis": POLICY,
     "source": "SEED 3, vartannat år"},
    {"code": "agenda_pyramids", "title": "Agendapyramider för mandatperioden, politisk och divisionernas", "rhythm": "every_years",
     "every_years": 4, "base_year": 2027, "month": 6, "day": 30, "lead_days": 180, "owner_role": "sustainability_strategist",
     "basis": POLICY, "source": "SEED 3, varje mandatperiod"},
    {"code": "annual_accounts", "title": "De valda hållbarhetsmåtten till årsredovisningen", "rhythm": "yearly", "month": 2, "day": 28,
     "owner_role": "sustainability_strategist", "basis": POLICY, "source": "SEED 3; dagen är Stegvis standard"},
    {"code": "new_thresholds", "title": "Nya tröskelvärden gäller: för in dem bland villkoren", "rhythm": "every_years",
     "every_years": 2, "base_year": 2026, "month": 1, "day": 1, "lead_days": 60, "owner_role": "administrator", "basis": LAW,
     "source": "LOU 5:1, tillkännagivande vartannat år"},
    {"code": "archive_procurements", "title": "Pröva gallring av upphandlingar vars fyra år har gått", "rhythm": "yearly", "month": 3,
     "day": 31, "lead_days": 60, "owner_role": "registrar", "basis": LAW,
     "source": "LOU 12:17, arkivlagen; dagen är Stegvis standard"},
    {"code": "archive_accounts", "title": "Pröva gallring av räkenskapshandlingar vars sju år har gått", "rhythm": "yearly", "month": 3,
     "day": 31, "lead_days": 60, "owner_role": "registrar", "basis": LAW,
     "source": "bokföringslagen 7:2, arkivlagen; dagen är Stegvis standard"},
)  # fmt: skip


def standard_of(region_id: str) -> tuple[dict[str, Any], ...]:
    """The annual calendar of the cooperation, or of a region."""
    return COOPERATION if region_id == "samverkan" else REGION
