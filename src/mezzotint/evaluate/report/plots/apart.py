# SPDX-License-Identifier: Apache-2.0
"""Labels in one column, moved as little as it takes so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class _Block:
    """Neighbours that touch: they move together, and their mean stays where it would like to be."""

    members: list[int]
    centre: float


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for the labels in their order, `gap` apart or more, in [low, high] as far as it is long enough."""
    blocks: list[_Block] = []
    for index in sorted(range(len(wanted)), key=lambda index: wanted[index]):
        blocks.append(_Block([index], wanted[index]))
        while True:
            last = blocks[-1]
            half = (len(last.members) - 1) / 2 * gap
            last.centre = max(min(last.centre, high - half), low + half)
            if len(blocks) < 2 or last.centre - half >= _top(blocks[-2], gap) + gap:
                break
            before = blocks.pop(-2)
            members = before.members + last.members
            centre = sum(wanted[member] for member in members) / len(members)
            blocks[-1] = _Block(members, centre)
    places = [0.0] * len(wanted)
    for block in blocks:
        bottom = block.centre - (len(block.members) - 1) / 2 * gap
        for step, member in enumerate(block.members):
            places[member] = bottom + step * gap
    return places


def _top(block: _Block, gap: float) -> float:
    return block.centre + (len(block.members) - 1) / 2 * gap
