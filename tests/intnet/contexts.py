# SPDX-License-Identifier: Apache-2.0
"""Cases of the scale context, for its golden files and its tests: weights, symbols, and the sums they are added to.

Loaded by path (tests are no package). Nothing here is shared with the package.
"""

from __future__ import annotations

import random
from typing import NamedTuple

LARGEST = 1 << 27  # of an escaped symbol, about
# Where the table of octaves ends, what a narrow table codes, and escapes.
SYMBOLS = (0, 0, 0, 1, 1, 2, 3, 7, 14, 15, 16, 17, 300, LARGEST)


class ContextCase(NamedTuple):
    about: str
    groups: list[int]
    inner: list[list[list[list[int]]]]  # (G - 1, F, 2, M - last group)
    outer: list[list[int]]  # (M - first group, F)
    symbols: list[list[list[int]]]  # (M, h, w)
    totals: list[list[list[int]]]  # (M, h, w), v + o + 128


def random_context(
    seed: int,
    about: str,
    groups: list[int],
    features: int,
    height: int,
    width: int,
    weight: int = 60,
    total: int = 9000,
) -> ContextCase:
    """Weights within -128..127 and `weight`, also where none is read; sums from -total/4 to 7 total/4."""
    rng = random.Random(seed)

    def row(length: int) -> list[int]:
        return [min(rng.randrange(-weight, weight + 1), 127) for _ in range(length)]

    def planes(one) -> list[list[list[int]]]:
        return [[[one() for _ in range(width)] for _ in range(height)] for _ in range(sum(groups))]

    columns = sum(groups[:-1])
    inner = [[[row(columns), row(columns)] for _ in range(features)] for _ in groups[1:]]
    outer = [row(features) for _ in range(sum(groups[1:]))]
    symbols = planes(lambda: rng.choice(SYMBOLS) * rng.choice((-1, 1)))
    totals = planes(lambda: rng.randrange(-total, 7 * total) // 4)
    return ContextCase(about, groups, inner, outer, symbols, totals)


def context_cases() -> dict[str, ContextCase]:
    steps = [*range(-20, 21), LARGEST, -LARGEST]
    octaves = ContextCase(
        "Every octave, alone and among its neighbours. Four channels show the first rounding, of quarters and of "
        "64ths, four the second, of quarters: halves up, for both signs.",
        [1, 8],
        [[[[4], [0]], [[-4], [0]], [[0], [4]], [[0], [-4]], [[16], [0]], [[0], [16]]]],
        [
            *[[32 * (f == row) for f in range(6)] for row in range(4)],
            *[[sign * 8 * (f == feature) for f in range(6)] for feature in (4, 5) for sign in (1, -1)],
        ],
        [[steps], *[[[9] * len(steps)]] * 8],
        [[[total] * len(steps)] for total in (128, *(240, 271) * 4)],
    )
    return {
        "octaves": octaves,
        "position": random_context(1, "One position: it is its own neighbourhood.", [1, 1], 3, 1, 1),
        "row": random_context(2, "One row: edges are repeated above and below.", [2, 3], 3, 1, 6),
        "column": random_context(3, "One column, and one feature.", [3, 1, 2], 1, 5, 1),
        "many": random_context(4, "Several of everything.", [2, 1, 3, 2], 4, 4, 5),
        "extreme": random_context(5, "The whole range of the weights.", [1, 2, 2], 3, 3, 3, 128, 20_000),
    }
