# SPDX-License-Identifier: Apache-2.0
"""The order in which encoder and decoder refine a tile: levels, in each the planes, in each the passes.

Planes are coded green, red, blue, so that most of what they have in common is known after the first. Green is whole at
a level before red begins there: so a red sample knows the green one at its own place and all around it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime import deadline
from mezzotint.runtime.lossless.lattice import LAYERS, PASSES, Level, Plane, side
from mezzotint.runtime.lossless.predict import Guess, Known, errors, guess
from mezzotint.runtime.lossless.residuals import Expected, Setting, expect
from mezzotint.runtime.lossless.tables import Frozen, group
from mezzotint.runtime.lossless.weighting import Weighting

ORDER = (1, 0, 2)  # of the planes of a colour picture
ERRORS_BELOW = 2  # from this level on, phase (0, 0) counts as without error


def split(pixels: NDArray[np.uint8 | np.uint16]) -> list[NDArray[np.uint8 | np.uint16]]:
    """The planes in coding order; (H, W) each."""
    return [pixels] if pixels.ndim == 2 else [pixels[:, :, channel] for channel in ORDER]


def layer_of(level: int) -> int:
    """The chunk that holds a level."""
    return max(LAYERS - 1 - level, 0)


class Pass:
    """One pass of one plane at one level: what is expected of it, before it is known."""

    def __init__(self, known: Known, level: int, number: int, setting: Setting, frozen: Frozen) -> None:
        self.known, self.number = known, number
        self.key = group(level), len(known.planes) - 1, number
        self.phase = PASSES[number]
        self.shape = known.planes[-1].shape(self.phase)
        self._setting, self._frozen = setting, frozen
        self._guess: Guess | None = None

    @property
    def bit_depth(self) -> int:
        return self._setting.bit_depth

    @property
    def empty(self) -> bool:
        return 0 in self.shape

    @property
    def before(self) -> int:
        """Planes known before."""
        return len(self.known.planes) - 1

    def expect(self, chosen: Weighting) -> Expected:
        model = self._frozen.passes[self.key]
        self._guess = guess(self.known, self.number, model, chosen, self._setting.bit_depth)
        return expect(self._guess, self._setting)

    def become(self, samples: NDArray[np.int32]) -> None:
        """The samples (n,) are known now."""
        assert self._guess is not None
        cells = samples.reshape(self.shape)
        self.known.planes[-1].put(self.phase, cells)
        self.known.errors[-1].put(self.phase, errors(cells, self._guess.prediction))


def refine(
    planes: list[Plane],
    wrong: list[Plane],
    size: tuple[int, int],
    level: int,
    setting: Setting,
    frozen: Frozen,
) -> Iterator[Pass]:
    """The passes of one level, in order; each must `become` known before the next is asked for.

    planes, wrong: those of level + 1 and their errors, in coding order; each is replaced once its last pass is known.
    size: height and width of the tile.
    """
    rows, columns = side(size[0], level), side(size[1], level)
    known = Known([], [])
    for number, plane in enumerate(planes):
        known.planes.append(Level(rows, columns, plane))
        before = wrong[number] if level < ERRORS_BELOW else np.zeros_like(plane)
        known.errors.append(Level(rows, columns, before))
        for place in range(len(PASSES)):
            work = Pass(known, level, place, setting, frozen)
            if not work.empty:
                deadline.check()
                yield work
        planes[number] = known.planes[-1].whole()
        wrong[number] = known.errors[-1].whole()
