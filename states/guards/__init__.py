"""The guards: closed, named, pure. Each reads as a condition and answers with all that is unmet; one module a subject.

Importing this package fills `GUARDS`; what begins with an underscore in it is the package's own.
"""

from states.guards import award, contracts, deviations, every_step, hearings, start, targets, tenders
from states.guards.registered import GUARDS, Guard, guard

__all__ = [
    "GUARDS",
    "Guard",
    "award",
    "contracts",
    "deviations",
    "every_step",
    "guard",
    "hearings",
    "start",
    "targets",
    "tenders",
]
