# SPDX-License-Identifier: Apache-2.0
"""Where a picture is cut: padding, the tile grid of the format, and the windows that the networks run on.

All rectangles here count in blocks of 64x64 pixels (one z cell, 4x4 y cells), so that no cut can ever fall
inside one.

- A *tile* is part of the format: side 2^tile_log2 pixels, row-major from the top left, smaller at the right
  and bottom.
- A *window* is not: each program cuts as its memory allows. A window computes its core and looks at its
  reach, which is the core and a halo at least as wide as the receptive field, cut at the border of the padded
  picture. So any cut into windows gives the same result (to rounding), and the border of the picture looks
  the same to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # pixels; docs/format.md, tiles
Y_CELLS = 4  # y cells of a block side
WINDOW_PIXELS = (
    1 << 22
)  # a window, halo included, holds at most this many pixels unless a single block needs more


@dataclass(frozen=True)
class Rect:
    top: int
    left: int
    height: int
    width: int

    def scaled(self, unit: int) -> Rect:
        return Rect(self.top * unit, self.left * unit, self.height * unit, self.width * unit)

    def inside(self, outer: Rect) -> Rect:
        """The same rectangle, counted from the corner of `outer`."""
        return Rect(self.top - outer.top, self.left - outer.left, self.height, self.width)

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class Window:
    core: Rect
    reach: Rect


def blocks(pixels: int) -> int:
    """How many blocks cover a side."""
    return -(-pixels // BLOCK)


def pad(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """To whole blocks, repeating the last row and column; the same array if it is whole already."""
    height, width = pixels.shape[:2]
    down, right = -height % BLOCK, -width % BLOCK
    if not down and not right:
        return pixels
    return np.pad(pixels, [(0, down), (0, right)] + [(0, 0)] * (pixels.ndim - 2), mode="edge")


def tile_grid(height: int, width: int, tile_log2: int) -> list[Rect]:
    """The tiles of a picture of height x width pixels, row-major."""
    side = (1 << tile_log2) // BLOCK
    rows, columns = blocks(height), blocks(width)
    return [
        Rect(top, left, min(side, rows - top), min(side, columns - left))
        for top in range(0, rows, side)
        for left in range(0, columns, side)
    ]


def windows(rows: int, columns: int, halo: int, budget: int = WINDOW_PIXELS) -> list[Window]:
    """Cut rows x columns blocks into windows of at most `budget` pixels, computing few pixels twice."""
    most = budget // BLOCK**2
    height, width = rows, columns
    if rows * columns > most:
        height, width = _core(rows, columns, halo, most)
    found = []
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            core = Rect(top, left, min(height, rows - top), min(width, columns - left))
            up, start = max(0, top - halo), max(0, left - halo)
            bottom, end = min(rows, top + core.height + halo), min(columns, left + core.width + halo)
            found.append(Window(core, Rect(up, start, bottom - up, end - start)))
    return found


def _core(rows: int, columns: int, halo: int, most: int) -> tuple[int, int]:
    """Height and width of the cores whose reaches hold at most `most` blocks and sum to the least."""
    best, cost = (1, 1), None
    for width in range(1, min(columns, most) + 1):
        reach_width = min(columns, width + 2 * halo)
        reach_height = min(rows, most // reach_width)
        height = rows if reach_height == rows else reach_height - 2 * halo
        if height < 1:
            continue
        down, across = -(-rows // height), -(-columns // width)
        total = down * min(rows, height + 2 * halo) * across * reach_width
        if cost is None or total < cost:
            # Even shares: the last window of a row should not be a sliver.
            best, cost = (-(-rows // down), -(-columns // across)), total
    return best
