"""The drawing of a ladder: where each rung stands, counted from the definition. No words of its own and no markup.

Rungs of the same order are parallel rights and stand equally high. `wide` rises from left to right, for a desk and for
paper; `tall` rises row by row, for a phone. Lengths are units of the drawing's own view box.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from states.ladder import RUNGS

LINE = 15
COLUMN, GAP, FOOT, RISE, WRAP, LINES = 114, 5, 24, 15, 14, 3
ROW, ROW_WIDTH, INDENT = 40, 346, 9


@dataclass(frozen=True, slots=True)
class Block:
    """One rung as a block. `lines` is its name, wrapped; `text_y` the base line of the first."""

    key: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    text_x: int
    text_y: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Rungs that are parallel rights: from where to where, and on which base line their word stands."""

    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole drawing in its view box, with `blocks` from the lowest rung to the highest."""

    width: int
    height: int
    blocks: tuple[Block, ...]
    beside: tuple[Beside, ...] = ()


def wide(names: Sequence[str]) -> Drawing:
    """`names`: what each rung of `RUNGS` is called, in order."""
    top = max(r.order for r in RUNGS)
    head = (LINES + 2) * LINE + 8  # the name, its standing and a day, above the block
    base = head + FOOT + (top - 1) * RISE
    blocks = []
    for number, (rung, name) in enumerate(zip(RUNGS, names, strict=True)):
        height = FOOT + (rung.order - 1) * RISE
        lines = tuple(textwrap.wrap(name, WRAP, break_long_words=False))
        x, y = number * (COLUMN + GAP), base - height
        text_y = y - 8 - (len(lines) + 1) * LINE
        blocks.append(Block(rung.key, x, y, COLUMN, height, lines, x, text_y))
    return Drawing(len(RUNGS) * (COLUMN + GAP) - GAP, base + 2 * LINE, tuple(blocks), _beside(blocks, base + LINE))


def _beside(blocks: Sequence[Block], y: int) -> tuple[Beside, ...]:
    found = []
    for _, group in groupby(zip(RUNGS, blocks, strict=True), key=lambda pair: pair[0].order):
        parts = [block for _, block in group]
        if len(parts) > 1:
            found.append(Beside(parts[0].x, y, parts[-1].x + COLUMN - parts[0].x))
    return tuple(found)


def tall(names: Sequence[str]) -> Drawing:
    """The same stair for a narrow screen: the lowest rung is the lowest row."""
    blocks = []
    for number, (rung, name) in enumerate(zip(RUNGS, names, strict=True)):
        x, y = (rung.order - 1) * INDENT, (len(RUNGS) - 1 - number) * ROW
        blocks.append(Block(rung.key, x, y, ROW_WIDTH - x, ROW - 3, (name,), x + 9, y + LINE))
    return Drawing(ROW_WIDTH, len(RUNGS) * ROW, tuple(blocks))
