# SPDX-License-Identifier: Apache-2.0
"""The lattice that a tile is refined on: levels from coarse to fine, and in each four phases of rows and columns.

Level l holds every 2^l-th row and column. Phase (py, px) of a level is every other row from py on, and of those every
other column from px on. Phase (0, 0) is the whole of level l + 1, known already; the other three follow in the order
PASSES, each from all that are known before it. So every sample but those of the coarsest level has known neighbours
on all sides.

A phase is kept with a margin that repeats its border (docs/format.md, lossless coding), so a tap is a plain slice.
Trap: a level of one row or one column lacks some phases; those are then taken to be equal to phase (0, 0).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.int32]
Phase = tuple[int, int]
Shape = tuple[int, int]

KNOWN: Phase = (0, 0)
PASSES: tuple[Phase, ...] = ((1, 1), (0, 1), (1, 0))
MARGIN = 2  # cells of a phase; taps reach three samples, which is two cells
BASE_SIDE = 8  # the coarsest level has at most so many rows and columns
LAYERS = 5  # chunks: levels 4 and coarser with the base, then levels 3, 2, 1, 0


def top_level(height: int, width: int) -> int:
    """The level that is stored as it is: the finest of at most BASE_SIDE a side, but not finer than LAYERS - 1."""
    level = LAYERS - 1
    while max(side(height, level), side(width, level)) > BASE_SIDE:
        level += 1
    return level


def side(length: int, level: int) -> int:
    """Rows or columns of a level."""
    return -(-length >> level)


def phase_shape(height: int, width: int, phase: Phase) -> Shape:
    """Of a level of height x width."""
    return (height + 1 - phase[0]) // 2, (width + 1 - phase[1]) // 2


class Level:
    """One plane at one level: its phases with their margins, as far as they are known. All int32.

    `known` is phase (0, 0), the plane of the next coarser level.
    """

    def __init__(self, height: int, width: int, known: Plane) -> None:
        self.height, self.width = height, width
        self._phases: dict[Phase, Plane] = {}
        self.put(KNOWN, known)
        if height == 1 or width == 1:
            for phase in PASSES:
                if 0 in self.shape(phase):
                    self._phases[phase] = self._phases[KNOWN]

    def shape(self, phase: Phase) -> Shape:
        return phase_shape(self.height, self.width, phase)

    def put(self, phase: Phase, cells: Plane) -> None:
        """A phase becomes known."""
        rows, columns = cells.shape
        full = (self.height + 1) // 2 + 2 * MARGIN, (self.width + 1) // 2 + 2 * MARGIN
        padded = np.empty(full, np.int32)
        inner = slice(MARGIN, MARGIN + rows)
        padded[inner, MARGIN : MARGIN + columns] = cells
        padded[inner, :MARGIN] = cells[:, :1]
        padded[inner, MARGIN + columns :] = cells[:, -1:]
        padded[:MARGIN] = padded[MARGIN]
        padded[MARGIN + rows :] = padded[MARGIN + rows - 1]
        self._phases[phase] = padded

    def tap(self, phase: Phase, down: int, right: int, rows: slice) -> Plane:
        """The samples that lie `down` and `right` of those of `phase`, for some of its rows. A view."""
        y, x = phase[0] + down, phase[1] + right
        source = self._phases[(y & 1, x & 1)]
        top, left = MARGIN + (y >> 1), MARGIN + (x >> 1)
        columns = self.shape(phase)[1]
        return source[top + rows.start : top + rows.stop, left : left + columns]

    def whole(self) -> Plane:
        """(height, width): the plane of this level, once all phases are known."""
        plane = np.empty((self.height, self.width), np.int32)
        for phase in (KNOWN, *PASSES):
            rows, columns = self.shape(phase)
            cells = self._phases[phase][MARGIN : MARGIN + rows, MARGIN : MARGIN + columns]
            plane[phase[0] :: 2, phase[1] :: 2] = cells
        return plane
