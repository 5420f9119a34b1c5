"""The organisations of the demo: people, units as a tree with managers and contract owners, and the delegation order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from workflow.commands import (
    AddMandate,
    AddUnit,
    AddUser,
    AssignRole,
    ProposeParameter,
    ReleaseParameter,
    SetSubstitute,
)
from workflow.demo.play import Play


@dataclass(frozen=True, slots=True)
class Member:
    """A person: the address before the @, the name, the roles, and whether the sign-in page offers the account."""

    key: str
    name: str
    roles: tuple[str, ...]
    demo: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit under another; `owner` is the contract owner of what it buys, by default its manager."""

    key: str
    name: str
    kind: str
    parent: str | None
    manager: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    region: str
    members: tuple[Member, ...]
    branches: tuple[Branch, ...]
    source: str
    #: Who stands in for whom just now.
    substitute: tuple[str, str] | None = None


NORRBOTTEN = Organisation(
    "norrbotten",
    (
        Member("regiondirektor", "Birgitta Nyström", ("contract_owner",)),
        Member("avtalsagare", "Åsa Berglund", ("contract_owner",), demo=True),
        Member("avtalsagare2", "Per Ask", ("contract_owner",), demo=True),
        Member("lansdivision", "Anna-Karin Lahti", ("contract_owner",)),
        Member("tandvardschef", "Tomas Öhman", ("contract_owner",)),
        Member("digitaldirektor", "Maria Sandberg", ("contract_owner",)),
        Member("utvecklingschef", "Erik Kero", ("contract_owner",)),
        Member("upphandlingschef", "Helena Marklund", ("head_of_procurement",), demo=True),
        Member("primarvardschef", "Ulrika Fjällström", ("contract_manager",)),
        Member("operationschef", "Henrik Ågren", ("contract_manager",)),
        Member("kostchef", "Lena Innala", ("contract_manager",)),
        Member("fastighetschef", "Göran Sundkvist", ("contract_manager",)),
        Member("upphandlare", "Karin Ek", ("procurement_officer",), demo=True, unit="upphandling"),
        Member("upphandlare2", "Jonas Wikström", ("procurement_officer",), demo=True, unit="upphandling"),
        Member("avtalsansvarig", "Mikael Nordin", ("contract_manager",), demo=True, unit="upphandling"),
        Member("avtalsansvarig2", "Ylva Hedman", ("contract_manager",), unit="upphandling"),
        Member(
            "hallbarhet", "Linnea Ström", ("sustainability_strategist", "region_coordinator"), demo=True, unit="region"
        ),
        Member("registrator", "Gunilla Forsman", ("registrar",), demo=True, unit="region"),
        Member("granskare", "Olle Brännström", ("audit_reviewer",), demo=True, unit="region"),
        Member("admin", "Sara Niemi", ("administrator",), demo=True, unit="digital"),
    ),
    (
        Branch("region", "Region Norrbotten", "region", None, "regiondirektor"),
        Branch("upphandling", "Upphandlingsavdelningen", "department", "region", "upphandlingschef", "regiondirektor"),
        Branch("nara", "Division Närsjukvård", "division", "region", "avtalsagare"),
        Branch("primarvard", "Primärvård kust", "unit", "nara", "primarvardschef", "avtalsagare"),
        Branch("lans", "Division Länssjukvård", "division", "region", "lansdivision"),
        Branch("operation", "Operation och sterilteknik", "unit", "lans", "operationschef", "lansdivision"),
        Branch("tand", "Folktandvården", "division", "region", "tandvardschef"),
        Branch("service", "Division Service", "division", "region", "avtalsagare2"),
        Branch("kost", "Kost och restaurang", "unit", "service", "kostchef", "avtalsagare2"),
        Branch("fastighet", "Fastighet och teknik", "unit", "service", "fastighetschef", "avtalsagare2"),
        Branch("digital", "Digitalisering och it", "division", "region", "digitaldirektor"),
        Branch("utveckling", "Regional utveckling", "division", "region", "utvecklingschef"),
    ),
    "Regionstyrelsens delegationsordning",
    substitute=("avtalsagare2", "avtalsagare"),
)

KALMAR = Organisation(
    "kalmar",
    (
        Member("avtalsagare", "Eva Sjögren", ("contract_owner",), demo=True),
        Member("upphandlingschef", "Magnus Holm", ("head_of_procurement",)),
        Member("upphandlare", "Nadia Persson", ("procurement_officer",), demo=True, unit="upphandling"),
        Member("avtalsansvarig", "Karl-Johan Rydell", ("contract_manager",), unit="service"),
        Member("hallbarhet", "Sofie Lundgren", ("sustainability_strategist",), unit="upphandling"),
    ),
    (
        Branch("service", "Regionservice", "division", None, "avtalsagare"),
        Branch("upphandling", "Upphandlingsenheten", "unit", "service", "upphandlingschef", "avtalsagare"),
    ),
    "Regionstyrelsens delegationsordning",
)

SAMVERKAN = Organisation(
    "samverkan",
    (
        Member("styrgruppen", "Cecilia Hallberg", ("contract_owner", "head_of_procurement", "steering_group")),
        Member("kansliet", "David Lindholm", ("secretariat", "procurement_officer"), demo=True),
        Member("regionsamordnare", "Frida Ekman", ("sustainability_strategist", "area_coordinator")),
    ),
    (Branch("kansli", "Regionernas kansli för hållbar upphandling", "unit", None, "styrgruppen"),),
    "Samverkans arbetsordning",
)

ORGANISATIONS = (NORRBOTTEN, KALMAR, SAMVERKAN)

#: act, role, highest value in öre, rule
_MANDATES = (
    ("decide_award", "head_of_procurement", None, "4.1 Tilldelning"),
    ("recall_award", "head_of_procurement", None, "4.1 Tilldelning"),
    ("sign_contracts", "head_of_procurement", None, "4.2 Undertecknande av avtal"),
    ("decide_cancellation", "head_of_procurement", None, "4.3 Avbrytande av upphandling"),
    ("readvertise", "head_of_procurement", None, "4.3 Avbrytande av upphandling"),
    ("decide_direct_award", "contract_owner", 700_000_00, "4.4 Direktupphandling"),
    ("decide_direct_award", "head_of_procurement", None, "4.4 Direktupphandling"),
    ("decide_call_off_stop", "head_of_procurement", None, "4.5 Avropsstopp"),
    ("decide_stop_while_investigating", "head_of_procurement", None, "4.5 Avropsstopp"),
    ("decide_contractual_fine", "head_of_procurement", None, "4.6 Vite"),
    ("decide_termination_with_notice", "head_of_procurement", None, "4.7 Uppsägning av avtal"),
    ("decide_immediate_termination", "head_of_procurement", None, "4.7 Uppsägning av avtal"),
    ("decide_severe_termination", "head_of_procurement", None, "4.7 Uppsägning av avtal"),
)


def settle_in(play: Play, organisation: Organisation) -> None:
    """Add people, units, roles and mandates; managers before the units they lead, the others after."""
    for member in organisation.members:
        if member.unit is None:
            _add(play, member)
    for branch in organisation.branches:
        owner = branch.owner or branch.manager
        command = AddUnit(
            play.region,
            branch.name,
            branch.kind,
            play.units[branch.parent] if branch.parent else None,
            play.people[branch.manager],
            play.people[owner],
        )
        play.units[branch.key] = play.timeline.do(command, play.operator)["id"]
        play.owners[branch.key] = owner
    for member in organisation.members:
        if member.unit is not None:
            _add(play, member)
    for act, role, limit, rule in _MANDATES:
        command_ = AddMandate(play.region, act, role, None, limit, rule, organisation.source)
        play.timeline.do(command_, play.operator)
    if organisation.region == "norrbotten":
        _set_parameter(play)
    if organisation.substitute:
        _plan_absences(play, *organisation.substitute)


def _add(play: Play, member: Member) -> None:
    """An account without a password: in the demo one presses a person, and nobody signs in as the others."""
    unit = play.units[member.unit] if member.unit else None
    email = f"{member.key}@{play.region}.example"
    command = AddUser(email, member.name, member.roles[0], play.region, unit, demo=member.demo)
    person_id = play.people[member.key] = play.timeline.do(command, play.operator)["id"]
    for role in member.roles[1:]:
        play.timeline.do(AssignRole(person_id, role), play.operator)


def _set_parameter(play: Play) -> None:
    """One region's own term, so that receipts show where it comes from."""
    head = play.people["upphandlingschef"]
    source = "Riktlinje Inköp, regionens egen tid"
    proposed = play.timeline.do(ProposeParameter(play.region, "target_decision", "8", play.day(400), source), head)
    play.timeline.do(ReleaseParameter(proposed["id"]), play.people["admin"])


def _plan_absences(play: Play, away: str, stand_in: str) -> None:
    """A stand-in last summer's end, and one just now."""
    for back, last_back in ((212, 203), (2, -7)):
        first, last = play.day(back), play.day(last_back)

        def set_it(first=first, last=last) -> None:  # type: ignore[no-untyped-def]
            command = SetSubstitute(play.people[away], play.people[stand_in], first, last + timedelta(days=1))
            play.timeline.do(command, play.people[away])

        play.timeline.at(play.day(back + 1), set_it)
