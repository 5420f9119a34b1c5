"""A definition as a picture: Mermaid text, and an SVG of its own in layers.

Both show the steps that move a case; what only adds a record to a state is left to the table. `label` turns a code
(`process.<id>`, `state.<process>.<state>`, `trigger.<process>.<trigger>`, `diagram.description`) into text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby

from states.definition import ProcessDefinition, Transition

Label = Callable[[str], str]

WIDTH, LINE, PADDING = 176, 16, 10
GAP_X, GAP_Y, LANE = 40, 64, 14
WRAP = 24


@dataclass(frozen=True, slots=True)
class Arrow:
    """All steps of one kind from one state to another."""

    source: str
    target: str
    kind: str
    triggers: tuple[str, ...]


def arrows(definition: ProcessDefinition) -> list[Arrow]:
    """The steps that move a case, those of one kind between the same two states together."""

    def ends(e: Transition) -> tuple[int, int, str]:
        return definition.position(e.source), definition.position(e.target), e.kind or "advance"

    moving = sorted((e for e in definition.transitions if e.source != e.target), key=ends)
    found = []
    for (_, _, kind), group in groupby(moving, key=ends):
        edges = list(group)
        triggers = tuple(dict.fromkeys(e.trigger for e in edges))
        found.append(Arrow(edges[0].source, edges[0].target, kind, triggers))
    return found


def mermaid(definition: ProcessDefinition, label: Label) -> str:
    """The definition as a Mermaid `stateDiagram-v2`."""
    lines = ["stateDiagram-v2"]
    for s in definition.states:
        lines.append(f'    state "{_plain(_state(definition, label, s.name))}" as {s.name}')
    lines.append(f"    [*] --> {definition.initial}")
    for a in arrows(definition):
        lines.append(f"    {a.source} --> {a.target} : {_plain(_steps(definition, label, a))}")
    lines += [f"    {s.name} --> [*]" for s in definition.states if s.final]
    return "\n".join(lines) + "\n"


def svg(definition: ProcessDefinition, label: Label) -> str:
    """The definition as an SVG element for a page: no style and no script of its own, classes for both to hold on to.

    States stand in layers by the longest way forward. An arrow to the next layer is drawn straight; longer ones go
    on the right and those that lead back on the left, one lane for each target.
    """
    layers = _layers(definition)
    widest = max(len(row) for row in layers)
    drawn = arrows(definition)
    where = {name: (y, x) for y, row in enumerate(layers) for x, name in enumerate(row)}
    left, right = _lanes(drawn, where)
    margin_left, margin_right = LANE * (len(left) + 2), LANE * (len(right) + 2)
    inner = widest * WIDTH + (widest - 1) * GAP_X
    texts = {s.name: textwrap.wrap(_state(definition, label, s.name), WRAP) or [s.name] for s in definition.states}
    height = max(map(len, texts.values())) * LINE + 2 * PADDING
    total_x, total_y = margin_left + inner + margin_right, len(layers) * (height + GAP_Y)

    def corner(name: str) -> tuple[float, float]:
        row, column = where[name]
        used = len(layers[row]) * WIDTH + (len(layers[row]) - 1) * GAP_X
        return margin_left + (inner - used) / 2 + column * (WIDTH + GAP_X), GAP_Y / 2 + row * (height + GAP_Y)

    def line(a: Arrow) -> str:
        (x1, y1), (x2, y2) = corner(a.source), corner(a.target)
        x1, x2, y1 = x1 + WIDTH / 2, x2 + WIDTH / 2, y1 + height
        if a.target in right and a.source in right[a.target]:
            number = list(right).index(a.target)
            lane, x1, x2 = margin_left + inner + LANE * (number + 1), x1 + 30, x2 + 30
        elif a.target in left and a.source in left[a.target]:
            number = list(left).index(a.target)
            lane, x1, x2 = margin_left - LANE * (number + 1), x1 - 30, x2 - 30
        else:
            return f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
        down, up = y1 + 8 + 3 * (number % 6), y2 - 12 - 3 * (number % 6)
        return f"M{x1:g} {y1:g}V{down:g}H{lane:g}V{up:g}H{x2:g}V{y2:g}"

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" viewBox="0 0 {total_x:g} {total_y:g}"'
        f' aria-labelledby="diagram-{definition.id}-title diagram-{definition.id}-description">',
        f'<title id="diagram-{definition.id}-title">{escape(label(f"process.{definition.id}"))}</title>',
        f'<desc id="diagram-{definition.id}-description">{escape(label("diagram.description"))}</desc>',
        f'<defs><marker id="diagram-{definition.id}-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path class="arrowhead" fill="currentColor" d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    for a in drawn:
        said = f"{_state(definition, label, a.source)} → {_state(definition, label, a.target)}"
        out.append(
            f'<g class="step step-{escape(a.kind)}"><title>{escape(said)}: {escape(_steps(definition, label, a))}</title>'
            f'<path fill="none" stroke="currentColor" marker-end="url(#diagram-{definition.id}-arrow)" d="{line(a)}"/></g>'
        )
    for s in definition.states:
        x, y = corner(s.name)
        classes = f"state phase-{s.phase} scope-{s.scope.value}" + (" final" if s.final else "")
        out.append(f'<g class="{escape(classes)}" data-state="{escape(s.name)}">')
        out.append(
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{height}" rx="6" fill="none" stroke="currentColor"/>'
        )
        first = y + (height - len(texts[s.name]) * LINE) / 2 + LINE - 4
        spans = "".join(
            f'<tspan x="{x + WIDTH / 2:g}" y="{first + i * LINE:g}">{escape(text)}</tspan>'
            for i, text in enumerate(texts[s.name])
        )
        out.append(f'<text text-anchor="middle" font-size="13" fill="currentColor">{spans}</text></g>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _state(definition: ProcessDefinition, label: Label, name: str) -> str:
    return label(f"state.{definition.id}.{name}")


def _steps(definition: ProcessDefinition, label: Label, arrow: Arrow) -> str:
    return " / ".join(label(f"trigger.{definition.id}.{t}") for t in arrow.triggers)


def _plain(text: str) -> str:
    """Without the characters that end a text in Mermaid."""
    return " ".join(text.translate(str.maketrans('":;', "'–,", "#")).split())


def _layers(definition: ProcessDefinition) -> list[list[str]]:
    """The states by the longest way forward to each; forward is the order in which the definition lists them."""
    names = [s.name for s in definition.states]
    depth = dict.fromkeys(names, 0)
    forward = [a for a in arrows(definition) if names.index(a.source) < names.index(a.target)]
    for a in sorted(forward, key=lambda a: names.index(a.source)):
        depth[a.target] = max(depth[a.target], depth[a.source] + 1)
    return [[n for n in names if depth[n] == d] for d in range(max(depth.values()) + 1)]


def _lanes(
    drawn: Iterable[Arrow], where: dict[str, tuple[int, int]]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Which targets get a lane, and the sources whose arrows share it: backward ones left, far ones right."""
    left: dict[str, set[str]] = {}
    right: dict[str, set[str]] = {}
    for a in drawn:
        ahead = where[a.target][0] - where[a.source][0]
        if ahead != 1:
            (left if ahead <= 0 else right).setdefault(a.target, set()).add(a.source)
    return left, right
