"""`process`: the published definitions, as tables, checks and pictures. Needs no database."""

from __future__ import annotations

import json
from argparse import Namespace

from states.definition import ProcessDefinition, definition_from_json
from states.errors import UnknownProcess
from states.registry import DEFINITIONS, definition, fingerprint
from states.triggers import TRIGGERS
from templates.labels import has_label, label
from workflow.cli.console import DONE, FAILED, WRONG_USAGE, Refusal, _, complain, locale, say, table, tell


def list_all(chosen: Namespace) -> int:  # noqa: ARG001
    for line in table(
        (d.key, label(f"process.{d.id}", locale()), f"{len(d.states)}", f"{len(d.transitions)}", fingerprint(d))
        for d in DEFINITIONS.values()
    ):
        say(line)
    return DONE


def show(chosen: Namespace) -> int:
    d = _named(chosen.id)
    say(f"{d.key}  {label(f'process.{d.id}', locale())}  {fingerprint(d)}")
    say()
    for line in table((s.name, s.phase, label(f"state.{d.id}.{s.name}", locale())) for s in d.states):
        say(line)
    say()
    for line in table(
        (
            t.trigger,
            t.source,
            t.target,
            ",".join(f"{fact}={'|'.join(values)}" for fact, values in t.when),
            ",".join(t.roles),
            ",".join(t.guards),
            tell(_("decides")) if t.decides else "",
        )
        for t in d.transitions
    ):
        say(line)
    return DONE


def check(chosen: Namespace) -> int:
    """Soundness and house rules. Each finding comes with the path that proves it."""
    from states.check import check as examine

    definitions = [_from_file(chosen)] if chosen.file else list(DEFINITIONS.values())
    failed = 0
    for d in definitions:
        findings = examine(d)
        failed += len(findings)
        verdict = tell(_("%(count)s faults"), count=len(findings)) if findings else tell(_("sound"))
        say(f"{d.key}: {verdict}")
        for finding in findings:
            code = f"check.{finding.code}"
            text = label(code, locale(), **finding.params) if has_label(code, locale()) else finding.code
            say(f"  {text}" + (f" [{label(f'mark.{finding.mark.value}', locale())}]" if finding.mark else ""))
            for edge in finding.path:
                say(f"    {edge}")
    if failed:
        complain(tell(_("The definition may not be released: %(count)s faults, listed above."), count=failed))
    return FAILED if failed else DONE


def triggers(chosen: Namespace) -> int:  # noqa: ARG001
    """The triggers of time: mark, source, what keeps each, and why one still waits."""
    for line in table(
        (
            t.id,
            label(f"mark.{t.mark}", locale()),
            t.source,
            label(f"kept.{t.kept}", locale()),
            ", ".join(t.names) if t.names else label(f"waits.{t.waits}", locale()),
        )
        for t in TRIGGERS
    ):
        say(line)
    return DONE


def diagram(chosen: Namespace) -> int:
    from states.diagram import mermaid, svg

    d = _named(chosen.id)
    draw = svg if chosen.svg else mermaid
    say(draw(d, lambda code: label(code, locale())).rstrip("\n"))
    return DONE


def _named(text: str) -> ProcessDefinition:
    """`procurement@1`, or the newest version of `procurement`. Raises UnknownProcess."""
    name, _at, version = text.partition("@")
    if version and not version.isdecimal():
        raise UnknownProcess(text)
    return definition(name, int(version) if version else None)


def _from_file(chosen: Namespace) -> ProcessDefinition:
    try:
        data = chosen.file.read_bytes()
    except OSError:
        raise Refusal(tell(_("Cannot read %(file)s."), file=chosen.file), WRONG_USAGE) from None
    try:
        return definition_from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        text = tell(_("%(file)s is no definition: give the JSON of /api/v1/processes/ID/VERSION."), file=chosen.file)
        raise Refusal(text) from None
