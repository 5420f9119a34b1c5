"""The closed list of what a letter's text may leave open, and the one substitution that fills it. Pure values.

A text is data. `{code}` is replaced by a value and nothing else happens to it: a value that looks like a placeholder
stays as it is. A line with a placeholder that has no value in this case is left out as a whole, so that "Våra skäl:"
never stands alone. People see placeholders in the words of the letter's language (`placeholder.<code>`); rows and
files keep the codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from notifications.kinds import LONGEST_SUBJECT
from notifications.plain_text import one_line, paragraphs, shorten
from states.ladder import BY_KEY
from templates.labels import label
from workflow.errors import FieldError

#: Letters that are no rung's own: they ask for a new plan, or tell of what began or ended beside the climb.
OTHER_KINDS = (
    "stop_while_investigating", "plan_reminder", "milestone_reminder", "plan_accepted", "plan_returned", "ladder_resumed",
    "stop_lifted", "fine_ended", "termination_withdrawn", "deviation_closed",
)  # fmt: skip
KINDS = (*BY_KEY, *OTHER_KINDS)

#: What every letter can tell. In the order in which the page explains them.
ALWAYS_KNOWN = (
    "contract", "contract_reference", "clause", "clause_version", "requirement", "requirement_clause", "description",
    "found_on", "reference", "today", "supplier", "recipient", "region", "unit", "officer", "decider", "dialogue_day",
    "fine_week", "fine_cap_weeks", "fine_max", "stop_months", "notice_time", "contract_end_day",
    "objection_day", "matter",
)  # fmt: skip
#: What some cases do not have.
MAY_BE_MISSING = (
    "officer_address", "response_day", "response_time", "report_day", "plan_last_day", "ground", "reasons",
    "proportionality", "fine_total", "fine_again_day", "outcome", "plan_due_day", "measures",
)  # fmt: skip
PLACEHOLDERS = (*ALWAYS_KNOWN, *MAY_BE_MISSING)

#: No letter leaves them out: which contract, and by which clause of it.
_IN_ALL = ("contract_reference", "clause")
_TELLS_MORE = {
    "contractual_fine": ("fine_week", "fine_cap_weeks"),
    "termination_with_notice": ("notice_time", "contract_end_day"),
    "termination_withdrawn": ("objection_day",),
    "plan_reminder": ("plan_due_day",),
    "milestone_reminder": ("measures",),
}
MAX_TEXT = 20_000
_TOKEN = re.compile(r"\{([^{}\n]*)\}")


def asks_for_answer(kind: str) -> bool:
    """Whether a response period begins with the letter, so that it must tell the last day."""
    return kind in ("plan_returned", "ladder_resumed") or (kind in BY_KEY and BY_KEY[kind].response is not None)


def required(kind: str) -> tuple[str, ...]:
    """The placeholders that a letter of this kind may not leave out."""
    return (*_IN_ALL, *(("response_day",) if asks_for_answer(kind) else ()), *_TELLS_MORE.get(kind, ()))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in one pass. Raises KeyError for one that is not in the list."""
    kept = []
    for line in text.splitlines():
        if all(values[name] for name in _TOKEN.findall(line)):
            kept.append(_TOKEN.sub(lambda found: values[found[1]], line))
    return "\n".join(kept)


def rendered(subject: str, text: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text of a letter as they leave the house: clean, the subject on one line and cut to its length."""
    return shorten(one_line(filled(subject, values)), LONGEST_SUBJECT), paragraphs(filled(text, values))


def in_words(text: str, locale: str) -> str:
    """A stored text as people read and write it: `{response_day}` is `{sista svarsdag}`."""
    return _TOKEN.sub(lambda m: _braced(word(m[1], locale)) if m[1] in PLACEHOLDERS else m[0], text)


def in_codes(text: str, locale: str) -> str:
    """What somebody wrote, as it is stored; a placeholder that we do not know stays as it was written."""
    codes = {word(code, locale).casefold(): code for code in PLACEHOLDERS}
    return _TOKEN.sub(lambda m: _braced(codes.get(" ".join(m[1].split()).casefold(), m[1])), text)


def word(code: str, locale: str) -> str:
    """What a placeholder is called in the letter's language."""
    return label(f"placeholder.{code}", locale)


def _braced(name: str) -> str:
    return "{" + name + "}"


def faults_of(kind: str, locale: str, subject: str, text: str) -> list[FieldError]:
    """Everything that is wrong with a text in codes, each fault at its field."""
    faults = []
    for field, given, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, MAX_TEXT)):
        if not given.strip():
            faults.append(FieldError(field, "field_required"))
        elif len(given) > longest:
            faults.append(FieldError(field, "field_too_long"))
        unknown = [_braced(name) for name in _TOKEN.findall(given) if name not in PLACEHOLDERS]
        if unknown:
            faults.append(FieldError(field, "unknown_placeholder", {"names": ", ".join(dict.fromkeys(unknown))}))
        elif re.search(r"[{}]", _TOKEN.sub("", given)):
            faults.append(FieldError(field, "stray_brace"))
    if faults:
        return faults
    lines = [set(_TOKEN.findall(line)) for line in text.splitlines()]
    missing = [name for name in required(kind) if not any(name in line for line in lines)]
    if missing:
        return [
            FieldError("text", "placeholder_missing", {"names": ", ".join(_braced(word(n, locale)) for n in missing)})
        ]
    answer = {"response_day", "response_time"}
    for name in required(kind):
        holding = [line for line in lines if name in line]
        # A rung's own letter always has its time to answer; one that asks again has it where its rung has.
        others = set(MAY_BE_MISSING) - {name} - (answer if name in answer or kind in BY_KEY else set())
        if all(line & others for line in holding):
            other = sorted(set().union(*holding) & others)[0]
            words = {"name": _braced(word(name, locale)), "other": _braced(word(other, locale))}
            return [FieldError("text", "placeholder_may_vanish", words)]
    return []
