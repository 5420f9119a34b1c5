"""Who sees what: class × state × access list, in one place. Deny unless a rule here allows.

A region sees its own only. Tender matter is secret until the award *event* (OSL 19:3): before it, only the people
on the case's access list see it, and nothing shows in lists, search, mails or exports.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from notifications.kinds import Kind
from states.roles import READ_ONLY_ROLES, Role


class Secrecy(StrEnum):
    """Why a field is kept from some: not at all, tender matter (OSL 19:3), a business's affairs (31:16), a person's."""

    OPEN = "open"
    TENDER = "tender"
    BUSINESS = "business"
    PERSONAL = "personal"


#: Parts of a decision's basis that hold tender matter: secret as long as the lot is.
TENDER_BASIS = frozenset({"award_proposal", "award", "contract_drafts", "cancellation"})

#: What happened to a file: shown to whoever may see the file.
OF_FILES = ("file_added", "file_found_clean", "file_found_infected")
#: Mails that carry what is said beside a case.
MAILS_OF_TALK = (Kind.QUESTION_ASKED.value, Kind.QUESTION_ANSWERED.value)
#: What is said beside a case, and what became of the mails that carry it: while it is secret, even that it was said
#: is kept from those off the list.
TALK = (
    "commented", "question_asked", "question_answered", "mail_delivered", "mail_failed", "mail_withdrawn",
    "mail_bounced", "mail_delayed", "mail_absent", "mail_answered", "mail_matter_settled",
)  # fmt: skip

#: What may name a supplier's own suppliers (OSL 31:16), as it is called in rows, forms and the basis of decisions.
OF_BUSINESS = frozenset(
    {
        "description", "evidence", "cause", "proof", "answer", "action", "responsible", "extended_because", "ground_note",
        "probable_because", "supplier_said", "self_cleaning",
    }
)  # fmt: skip
#: The parts of a decision's basis in which such words stand.
BUSINESS_BASIS = ("deviation",)

#: Columns written in free words by whoever knew the tenders: they are tender matter as long as the case (or lot) is.
FREE_WORDS = {"cancellation_reasons": Secrecy.TENDER}

#: Who oversees a region: its registers of people and access, its mails, and whether its trail is whole.
OVERSEERS = frozenset({Role.ADMINISTRATOR, Role.AUDIT_REVIEWER, Role.HEAD_OF_PROCUREMENT, Role.REGISTRAR})

#: Roles that see matter about a business (OSL 31:16) and about persons inside their own region.
_BUSINESS_ROLES = frozenset(
    {
        Role.PROCUREMENT_OFFICER,
        Role.HEAD_OF_PROCUREMENT,
        Role.CONTRACT_OWNER,
        Role.CONTRACT_MANAGER,
        Role.REGISTRAR,
        Role.AUDIT_REVIEWER,
    }
)


@dataclass(frozen=True, slots=True)
class View:
    """What one person may see of one case. `prepares`: the person's role prepares decisions on business matter here."""

    on_access_list: bool
    case_secret: bool
    secret_lots: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)
    prepares: bool = False

    def allows(self, secrecy: str, lot_id: str | None = None) -> bool:
        """Whether this person may see a field of this class; of a lot, where `lot_id` names one."""
        if secrecy == Secrecy.OPEN:
            return True
        if secrecy == Secrecy.TENDER:
            secret = lot_id in self.secret_lots if lot_id else self.case_secret
            return self.on_access_list or not secret
        return bool(self.roles & _BUSINESS_ROLES) or (self.prepares and secrecy == Secrecy.BUSINESS)

    def of(self, values: Mapping[str, Any], classes: Mapping[str, str], lot_id: str | None = None) -> dict[str, Any]:
        """The values this person may see; what is withheld is left out."""
        return {k: v for k, v in values.items() if self.allows(classes.get(k, Secrecy.OPEN), lot_id)}

    def blanked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values, with None for what may name a supplier's suppliers where this person may not see that; parts too."""
        return dict(values) if self.allows(Secrecy.BUSINESS) else _blank(values)

    def basis(self, basis: Mapping[str, Any]) -> dict[str, Any]:
        """What a decision rests on, as this person may read it (tender matter is withheld whole, elsewhere)."""
        return {k: self.blanked(v) if k in BUSINESS_BASIS and isinstance(v, Mapping) else v for k, v in basis.items()}


def _blank(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: None if k in OF_BUSINESS else _blank(v) for k, v in value.items()}
    return [_blank(v) for v in value] if isinstance(value, list) else value


def class_of_words(case: Any, lot: Any = None) -> Secrecy:
    """The class of free words written on a case (or on one lot of it) now: tender matter until the award (OSL 19:3).

    Nobody can tell from the words themselves whether they speak of a tender, so the state of the case decides.
    """
    secret = lot.tender_secret if lot is not None else case.tender_secret
    return Secrecy.TENDER if secret else Secrecy.OPEN


def class_of_mail(kind: str, case: Any) -> Secrecy:
    """The class of what became of a mail about the case (None for a mail about no case): that of what it carries."""
    return class_of_words(case) if case is not None and kind in MAILS_OF_TALK else Secrecy.OPEN


def reads_only(roles: Collection[str]) -> bool:
    """Whether somebody holds roles, and none of them may change a case."""
    return bool(roles) and all(r in READ_ONLY_ROLES for r in roles)
