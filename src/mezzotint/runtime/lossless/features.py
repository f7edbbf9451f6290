# SPDX-License-Identifier: Apache-2.0
"""What is known around the samples of one pass: the taps of the predictor, its class, and the features of the scale.

`OWN[p]` are the taps in the plane itself for pass p, as (down, right), nearest first; `CROSS` those in each plane that
is known already. docs/format.md lists them in this order. All arithmetic is int32:

- a difference of samples is below 2^16 in size, and `steep` sums at most eight of them: below 2^19, times 5 below 2^22
- an error is below 2^18 (see `predict.py`), and a feature sums at most six: below 2^21
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime.lossless.lattice import PASSES, Level, Plane

Tap = tuple[int, int]

DIAGONAL: tuple[Tap, ...] = ((-1, -1), (-1, 1), (1, -1), (1, 1))
STRAIGHT: tuple[Tap, ...] = ((0, -1), (0, 1), (-1, 0), (1, 0))
_FAR_DIAGONAL: tuple[Tap, ...] = tuple(
    (y, x) for y in (-3, -1, 1, 3) for x in (-3, -1, 1, 3) if abs(y) == 3 or abs(x) == 3
)
_FAR_STRAIGHT: tuple[Tap, ...] = (
    *((0, -3), (0, 3), (-3, 0), (3, 0)),
    *((-1, -2), (-1, 2), (1, -2), (1, 2)),
    *((-2, -1), (-2, 1), (2, -1), (2, 1)),
)
OWN: tuple[tuple[Tap, ...], ...] = (
    DIAGONAL + _FAR_DIAGONAL,
    STRAIGHT + _FAR_STRAIGHT,
    STRAIGHT + _FAR_STRAIGHT + DIAGONAL,
)
CROSS: tuple[Tap, ...] = ((0, 0), *STRAIGHT, *DIAGONAL)

# Two directions a pass: the pairs of taps whose differences say how steep the picture is along each.
_ALONG: tuple[tuple[tuple[Tap, Tap], ...], ...] = (
    (
        *(((-1, -1), (1, 1)), ((-3, -1), (-1, 1)), ((-1, -3), (1, -1)), ((1, -1), (3, 1)), ((-1, 1), (1, 3))),
        *(((-3, -3), (-1, -1)), ((1, 1), (3, 3))),
    ),
    (
        *(((0, -1), (0, 1)), ((-1, -2), (-1, 0)), ((-1, 0), (-1, 2)), ((1, -2), (1, 0)), ((1, 0), (1, 2))),
        *(((0, -3), (0, -1)), ((0, 1), (0, 3))),
    ),
)
_ACROSS: tuple[tuple[tuple[Tap, Tap], ...], ...] = (
    tuple(((a, -b), (c, -d)) for (a, b), (c, d) in _ALONG[0]),
    tuple(((b, a), (d, c)) for (a, b), (c, d) in _ALONG[1]),
)

_TWO_AWAY: tuple[Tap, ...] = ((0, -2), (0, 2), (-2, 0), (2, 0))
# Where errors of the plane itself are known, summed in these groups; the last is phase (0, 0), from the coarser level.
OWN_ERRORS: tuple[tuple[tuple[Tap, ...], ...], ...] = (
    (DIAGONAL,),
    (((-1, 0), (1, 0)), ((-1, -2), (-1, 2), (1, -2), (1, 2)), ((0, -1), (0, 1))),
    (((0, -1), (0, 1)), DIAGONAL, ((-2, -1), (-2, 1), (2, -1), (2, 1)), ((-1, 0), (1, 0))),
)
# Errors of each plane known before, at the sample and around it.
CROSS_ERRORS: tuple[tuple[tuple[Tap, ...], ...], ...] = (
    (((0, 0),), STRAIGHT, _TWO_AWAY, DIAGONAL),
    (((0, 0),), ((-1, 0), (1, 0), *DIAGONAL), _TWO_AWAY, ((0, -1), (0, 1))),
    (((0, 0),), ((0, -1), (0, 1), *DIAGONAL), _TWO_AWAY, ((-1, 0), (1, 0))),
)
GRADIENTS = 5  # features from samples, which come first
DIRECTIONS = 5
ACTIVITIES = 3
CLASSES = DIRECTIONS * ACTIVITIES


@dataclass(frozen=True, eq=False)
class Steepness:
    """Sums of absolute differences along the two directions of a pass, and of the nearest pair alone."""

    along: Plane
    across: Plane
    near_along: Plane
    near_across: Plane


def tap_count(number: int, before: int) -> int:
    """Taps of pass `number` in a plane with `before` planes known before it."""
    return len(OWN[number]) + len(CROSS) * before


def feature_count(number: int, before: int) -> int:
    return GRADIENTS + len(OWN_ERRORS[number]) + len(CROSS_ERRORS[number]) * before


def steepness(plane: Level, number: int, rows: slice) -> Steepness:
    phase = PASSES[number]
    kind = min(number, 1)

    def total(pairs: tuple[tuple[Tap, Tap], ...]) -> tuple[Plane, Plane]:
        near: Plane | None = None
        for first, second in pairs:
            difference = plane.tap(phase, *first, rows) - plane.tap(phase, *second, rows)
            np.abs(difference, out=difference)
            if near is None:
                near, out = difference, difference * 2
            else:
                out += difference
        assert near is not None
        return out, near

    along, near_along = total(_ALONG[kind])
    across, near_across = total(_ACROSS[kind])
    return Steepness(along, across, near_along, near_across)


def classes(steep: Steepness, bit_depth: int) -> NDArray[np.uint8]:
    """(rows, columns) uint8: direction * ACTIVITIES + activity."""
    up = max(bit_depth - 8, 0)
    along, across = steep.along + (1 << up), steep.across + (1 << up)
    out = (5 * along > 2 * across).view(np.uint8) + (7 * along > 5 * across)
    out += 5 * along > 7 * across
    out += 2 * along > 5 * across
    out *= np.uint8(ACTIVITIES)
    both = along + across
    out += both >= 27 << up
    out += both >= 82 << up
    return out


def gradients(plane: Level, number: int, rows: slice, steep: Steepness) -> list[Plane]:
    """The features from samples, GRADIENTS of them."""
    phase = PASSES[number]
    first, second, third, fourth = (plane.tap(phase, *tap, rows) for tap in OWN[number][:4])
    if number == 0:  # NW, NE, SW, SE: rows, then columns
        sides = (first, second, third, fourth), (first, third, second, fourth)
    else:  # W, E, N, S: the two diagonals
        sides = (first, third, second, fourth), (first, fourth, second, third)
    straight = [np.abs(a - b) + np.abs(c - d) for a, b, c, d in sides]
    least = np.minimum(steep.along, steep.across)
    return [steep.near_along, steep.near_across, *straight, least]


def error_sums(errors: Level, number: int, rows: slice, groups: tuple[tuple[Tap, ...], ...]) -> list[Plane]:
    phase = PASSES[number]
    sums = []
    for group in groups:
        out = errors.tap(phase, *group[0], rows)
        for tap in group[1:]:
            out = out + errors.tap(phase, *tap, rows)
        sums.append(out)
    return sums
