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
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import UsageError

BLOCK = 64  # pixels; docs/format.md, tiles
Y_CELLS = 4  # y cells of a block side
WINDOW_PIXELS = (
    1 << 22
)  # a window, halo included, holds at most this many pixels unless a single block needs more


BAND_BLOCKS = 16  # 1024 pixels


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

    def common(self, other: Rect) -> Rect:
        """What lies in both; without height or width where nothing does."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom = min(self.top + self.height, other.top + other.height)
        right = min(self.left + self.width, other.left + other.width)
        return Rect(top, left, max(0, bottom - top), max(0, right - left))

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


def checked_log2(tile_log2: int) -> int:
    """The side of a tile as the format has it; UsageError for another."""
    if not isinstance(tile_log2, Integral) or not 6 <= tile_log2 <= 15:
        raise UsageError(f"tile_log2 {tile_log2!r} is outside 6..15", "leave it at 10")
    return int(tile_log2)


def blocks(pixels: int) -> int:
    """How many blocks cover a side."""
    return -(-pixels // BLOCK)


def cut(pixels: NDArray[Any], reach: Rect) -> NDArray[Any]:
    """The pixels of some blocks, as a view where it can be; outside, the last row and column are repeated."""
    part = reach.scaled(BLOCK)
    found = pixels[part.rows, part.columns]
    down, right = part.height - found.shape[0], part.width - found.shape[1]
    if not down and not right:
        return found
    return np.pad(found, [(0, down), (0, right)] + [(0, 0)] * (pixels.ndim - 2), mode="edge")


def tile_grid(height: int, width: int, tile_log2: int) -> list[Rect]:
    """The tiles of a picture of height x width pixels, row-major."""
    side = (1 << tile_log2) // BLOCK
    rows, columns = blocks(height), blocks(width)
    return [
        Rect(top, left, min(side, rows - top), min(side, columns - left))
        for top in range(0, rows, side)
        for left in range(0, columns, side)
    ]


def windows(
    rows: int, columns: int, halo: int, budget: int = WINDOW_PIXELS, area: Rect | None = None
) -> list[Window]:
    """Cut `area` (all of rows x columns blocks unless given) into windows of at most `budget` pixels, row by row.

    Few pixels are computed twice. A reach may leave the area, but never the picture.
    """
    area = area or Rect(0, 0, rows, columns)
    height, width = _core(area, rows, columns, halo, budget // BLOCK**2)
    found = []
    for top in range(area.top, area.top + area.height, height):
        for left in range(area.left, area.left + area.width, width):
            core = Rect(
                top,
                left,
                min(height, area.top + area.height - top),
                min(width, area.left + area.width - left),
            )
            up, start = max(0, top - halo), max(0, left - halo)
            bottom, end = min(rows, top + core.height + halo), min(columns, left + core.width + halo)
            found.append(Window(core, Rect(up, start, bottom - up, end - start)))
    return found


def _core(area: Rect, rows: int, columns: int, halo: int, most: int) -> tuple[int, int]:
    """Height and width of the cores whose reaches hold at most `most` blocks and sum to the least."""
    best, cost = (1, 1), None
    full = min(rows, area.height + 2 * halo)
    for width in range(1, min(area.width, most) + 1):
        reach_width = min(columns, width + 2 * halo)
        reach_height = min(full, most // reach_width)
        height = area.height if reach_height == full else reach_height - 2 * halo
        if height < 1:
            continue
        down, across = -(-area.height // height), -(-area.width // width)
        total = down * min(rows, height + 2 * halo) * across * reach_width
        if cost is None or total <= cost:  # of equals the widest: it has the fewest windows
            # Even shares: the last window of a row should not be a sliver.
            best, cost = (-(-area.height // down), -(-area.width // across)), total
    return best


def bands(grid: list[Rect], budget: int = WINDOW_PIXELS) -> list[tuple[Rect, list[Rect]]]:
    """Whole rows of tiles, taken together until a band is BAND_BLOCKS high: (its rectangle, its tiles).

    What is held of a picture while it is coded is held for one band. A picture of one window is one band.
    """
    bottom, right = grid[-1].top + grid[-1].height, grid[-1].left + grid[-1].width
    least = bottom if bottom * right * BLOCK**2 <= budget else BAND_BLOCKS
    found: list[tuple[Rect, list[Rect]]] = []
    start = 0
    for place, tile in enumerate(grid):
        top = grid[start].top
        end = tile.top + tile.height
        if tile.left + tile.width == right and (end - top >= least or end == bottom):
            found.append((Rect(top, 0, end - top, right), grid[start : place + 1]))
            start = place + 1
    return found
