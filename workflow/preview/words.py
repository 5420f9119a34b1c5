"""What a look ahead found, in words for people; and as plain values for programs."""

from __future__ import annotations

from typing import Any

from templates.labels import gettext, has_label, label, ngettext
from workflow.preview.result import Happening, Mail, Preview

#: What a page can be narrowed to.
KINDS = ("reminder", "escalation", "step", "opened", "digest", "mail", "dates_moved", "no_decider")


def kind_of(row: Happening | Mail) -> str:
    return "mail" if isinstance(row, Mail) else row.kind


def kind_text(kind: str, locale: str) -> str:
    """The name of a kind of happening, in the plural."""
    return {
        "reminder": gettext("Reminders", locale),
        "escalation": gettext("Reports to a manager", locale),
        "step": gettext("Steps by the clock", locale),
        "opened": gettext("Cases and duties that open", locale),
        "digest": gettext("Digests", locale),
        "mail": gettext("Other mail", locale),
        "dates_moved": gettext("Moved dates", locale),
        "no_decider": gettext("Days without a decider", locale),
    }[kind]


def in_words(row: Happening | Mail, locale: str) -> str:
    """One happening or mail as a sentence without its point."""
    if isinstance(row, Mail):
        what = label(f"mail.{row.kind}", locale)
        return gettext("Mail to %(name)s: %(what)s", locale, name=row.person, what=what)
    if row.kind == "digest":
        return gettext("Digest to %(name)s", locale, name=row.person or "–")
    if row.kind in ("reminder", "escalation"):
        about = label(f"asked.{row.process}.{row.trigger}", locale)
        if row.kind == "reminder":
            return gettext("Reminder: %(about)s", locale, about=about)
        return gettext("Reported to the manager: %(about)s", locale, about=about)
    if row.kind == "step":
        step = label(f"trigger.{row.process}.{row.trigger}", locale)
        if row.state is None:
            return step
        state = label(f"state.{row.process}.{row.state}", locale)
        return gettext("%(step)s → %(state)s", locale, step=step, state=state)
    if row.kind == "opened":
        return gettext("A duty opens", locale) if row.process == "duty" else gettext("A case opens", locale)
    if row.kind == "no_decider":
        return gettext("Those who lead are told of days without a decider", locale)
    known = has_label(f"done.{row.event}", locale)
    return label(f"done.{row.event}", locale) if known else gettext("Noted in the trail", locale)


def summary(found: Preview, locale: str) -> list[tuple[str, int]]:
    """How many of each kind that there is."""
    counts = found.counts()
    counts["mail"] -= counts.get("digest", 0)
    return [(kind_text(k, locale), counts[k]) for k in KINDS if counts.get(k)]


def late_text(found: Preview, locale: str) -> str:
    n = len(found.unheeded)
    return ngettext("One duty is late and unheeded.", "%(n)s duties are late and unheeded.", n, locale)


def as_values(found: Preview) -> dict[str, Any]:
    """For a program: the lists as they are, days and instants as such."""
    return {
        "region": found.region_id,
        "case": found.case_id,
        "since": found.since,
        "until": found.until,
        "reached": found.reached,
        "stopped": found.stopped,
        "held": found.held,
        "faults": found.faults,
        "counts": found.counts(),
        "happenings": found.happenings,
        "mails": found.mails,
        "unheeded": found.unheeded,
    }
