"""`duty@1`: one occurrence of a recurring duty of the year, from its opening until it is done, waived or confirmed.

Which role answers, and by which day, stands in the register of recurring duties (`cases.answering_role` narrows the
roles here to that one). Giving notice of leaving the cooperation goes one step further: it counts only with the
written confirmation (SEED 4).
"""

from __future__ import annotations

from states.definition import Obligation, ProcessDefinition, State, Transition
from states.roles import Role

ANSWERING = tuple(
    role.value
    for role in (
        Role.SECRETARIAT, Role.STEERING_GROUP, Role.REGION_COORDINATOR, Role.AREA_COORDINATOR, Role.HEAD_OF_PROCUREMENT,
        Role.SUSTAINABILITY_STRATEGIST, Role.PROCUREMENT_OFFICER, Role.REGISTRAR, Role.ADMINISTRATOR,
    )
)  # fmt: skip

STATES = (
    State("planned", "year", owes=Obligation("record_duty_done", ANSWERING, "duty")),
    State("notified", "year", owes=Obligation("record_confirmation", ANSWERING, "duty_confirmation")),
    State("done", "settled", final=True),
    State("waived", "settled", final=True),
)

DUTY_V1 = ProcessDefinition(
    id="duty",
    version=1,
    initial="planned",
    phases=("year", "settled"),
    states=STATES,
    transitions=(
        Transition("record_duty_done", "planned", "done", ANSWERING, effects=("store_duty_done",)),
        Transition(
            "record_notice_of_leaving",
            "planned",
            "notified",
            ANSWERING,
            guards=("duty_is_a_notice",),
            effects=("store_notice_of_leaving",),
            cites="SEED 4",
        ),
        Transition(
            "record_confirmation",
            "notified",
            "done",
            ANSWERING,
            effects=("store_confirmation",),
            cites="SEED 4",
        ),
        Transition(
            "decide_waiver",
            "planned",
            "waived",
            ANSWERING,
            guards=("actor_is_not_disqualified",),
            effects=("store_waiver",),
            decides=True,
            basis=("duty",),
        ),
    ),
)
