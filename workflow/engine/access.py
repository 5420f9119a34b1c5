"""Who sees what: class × state × access list, in one place. Deny unless a rule here allows.

A region sees its own only. Tender matter is secret until the award *event* (OSL 19:3): before it, only the people
on the case's access list see it, and nothing shows in lists, search, mails or exports.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from states.roles import READ_ONLY_ROLES, Role


class Secrecy(StrEnum):
    """Why a field is kept from some: not at all, tender matter (OSL 19:3), a business's affairs (31:16), a person's."""

    OPEN = "open"
    TENDER = "tender"
    BUSINESS = "business"
    PERSONAL = "personal"


#: Parts of a decision's basis that hold tender matter: secret as long as the lot is.
TENDER_BASIS = frozenset({"award_proposal", "award", "contract_drafts"})

#: What happened to a file: shown to whoever may see the file.
OF_FILES = ("file_added", "file_found_clean", "file_found_infected")
#: What is said beside a case: while it is secret, even that it was said is kept from those off the list.
TALK = ("commented", "question_asked", "question_answered")

#: Columns written in free words by whoever knew the tenders: they are tender matter as long as the case (or lot) is.
FREE_WORDS = {"cancellation_reasons": Secrecy.TENDER}

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


def class_of_words(case: Any, lot: Any = None) -> Secrecy:
    """The class of free words written on a case (or on one lot of it) now: tender matter until the award (OSL 19:3).

    Nobody can tell from the words themselves whether they speak of a tender, so the state of the case decides.
    """
    secret = lot.tender_secret if lot is not None else case.tender_secret
    return Secrecy.TENDER if secret else Secrecy.OPEN


def reads_only(roles: Collection[str]) -> bool:
    """Whether somebody holds roles, and none of them may change a case."""
    return bool(roles) and all(r in READ_ONLY_ROLES for r in roles)
