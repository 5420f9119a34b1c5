"""The commands on the register of people, imported once: each module registers its own with the engine."""

from __future__ import annotations

import workflow.people.absence
import workflow.people.accounts
import workflow.people.identities
import workflow.people.kept_forms  # noqa: F401
from workflow.people.organisation import MANDATED_ACTS

__all__ = ["MANDATED_ACTS"]
