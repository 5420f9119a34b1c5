"""Two regions with their people: who does what in the tests. Norrbotten plays; Kalmar must never see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import workflow.subjects  # noqa: F401
from workflow.clock import FixedClock
from workflow.commands import AddMandate, AddUnit, AddUser, SetMailPlan
from workflow.config import Settings
from workflow.db.database import Database
from workflow.engine.execute import Stegvis, execute, system_actor
from workflow.people.organisation import MANDATED_ACTS

#: A Monday morning in winter: nine o'clock in Sweden.
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)

#: Short name -> (name, role). The short name is the part of the address before the @.
NORRBOTTEN = {
    "owner": ("Åsa Ägare", "contract_owner"),
    "owner_2": ("Örjan Ägare", "contract_owner"),
    "manager": ("Malin Avtalsansvarig", "contract_manager"),
    "officer": ("Ulla Upphandlare", "procurement_officer"),
    "officer_2": ("Uno Upphandlare", "procurement_officer"),
    "head": ("Cecilia Chef", "head_of_procurement"),
    "strategist": ("Hanna Hållbar", "sustainability_strategist"),
    "registrar": ("Rut Registrator", "registrar"),
    "reviewer": ("Gunnar Granskare", "audit_reviewer"),
    "admin": ("Adam Administratör", "administrator"),
    "director": ("Disa Direktör", "registrar"),
}
KALMAR = {
    "owner": ("Karin Ägare", "contract_owner"),
    "officer": ("Kurt Upphandlare", "procurement_officer"),
    "head": ("Klara Chef", "head_of_procurement"),
    "admin": ("Kajsa Administratör", "administrator"),
}
#: Direct procurements below this the contract owner decides, above it the head (kronor).
OWNERS_LIMIT = 300_000


def settle(database: Database) -> dict[str, Any]:
    """Make both regions through the same door as everybody; returns {region: {short name or unit: id}}."""
    app = Stegvis(Settings(mail_url="memory:"), database, FixedClock(BEGIN))
    return {"norrbotten": _region(app, "norrbotten", NORRBOTTEN), "kalmar": _region(app, "kalmar", KALMAR)}


def _region(app: Stegvis, code: str, people: dict[str, tuple[str, str]]) -> dict[str, str]:
    operator = replace(system_actor(code), channel="cli")
    ids: dict[str, str] = {}
    for short, (name, role) in people.items():
        ids[short] = execute(app, AddUser(f"{short}@{code}.example", name, role, code), by=operator)["id"]
    for short in people:  # the plays read single mails; `tests/workflow/test_digests.py` plays with digests
        execute(app, SetMailPlan(digest=False), by=ids[short])
    if "director" in ids:
        top = AddUnit(code, "Regiondirektörens stab", "division", None, ids["director"], None)
        ids["top"] = execute(app, top, by=operator)["id"]
    division = AddUnit(code, "Division Nära", "division", ids.get("top"), ids["head"], ids["owner"])
    ids["unit"] = execute(app, division, by=operator)["id"]
    for act in MANDATED_ACTS:
        mandate = AddMandate(code, act, "head_of_procurement", None, None, "4.2", "Delegationsordning 2026")
        execute(app, mandate, by=operator)
    small = AddMandate(
        code, "decide_direct_award", "contract_owner", None, OWNERS_LIMIT * 100, "4.7", "Delegationsordning 2026"
    )
    execute(app, small, by=operator)
    return ids
