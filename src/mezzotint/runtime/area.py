# SPDX-License-Identifier: Apache-2.0
"""Which part of a picture a decoder is asked for, and how small: a region in full-size pixels, and a scale of 1/2^k.

The shrunk picture has ceil(side / 2^k) samples a side; sample i stands for the pixels i 2^k to (i + 1) 2^k - 1. A
region gives every shrunk sample that stands for one of its pixels. Tiles and windows begin at multiples of 64, so
that they shrink to whole samples too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import UsageError
from mezzotint.runtime.tiles import BLOCK, Rect

MAX_SHRINK = 3  # 1/8
Region = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True)
class Area:
    """Rows and columns of the shrunk picture, and of the whole one."""

    rows: slice
    columns: slice
    shrink: int  # log2 of the factor, 0..3

    @property
    def height(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    @property
    def blocks(self) -> Rect:
        """The blocks of 64x64 pixels that it touches."""
        side = BLOCK >> self.shrink
        top, left = self.rows.start // side, self.columns.start // side
        return Rect(top, left, -(-self.rows.stop // side) - top, -(-self.columns.stop // side) - left)

    def place(self, found: NDArray[Any], core: Rect, target: NDArray[Any]) -> None:
        """Put the shrunk samples `found` of the blocks `core` where they belong in `target`, which is this area's."""
        side = BLOCK >> self.shrink
        down, across = core.top * side - self.rows.start, core.left * side - self.columns.start
        top, left = max(0, down), max(0, across)
        part = target[top : max(0, down + found.shape[0]), left : max(0, across + found.shape[1])]
        start, first = top - down, left - across
        part[:] = found[start : start + part.shape[0], first : first + part.shape[1]]


def wanted(height: int, width: int, region: Region | None = None, scale: float = 1) -> Area:
    """The area for what a caller asks; UsageError for a region outside the picture or another scale."""
    shrink = shrink_of(scale)
    x, y, across, down = (0, 0, width, height) if region is None else _checked(region)
    if x + across > width or y + down > height:
        raise UsageError(
            f"the region {x},{y},{across},{down} leaves the picture of {width}x{height}",
            "give x,y,width,height inside it",
        )
    return Area(
        slice(y >> shrink, -(-(y + down) >> shrink)), slice(x >> shrink, -(-(x + across) >> shrink)), shrink
    )


def shrink_of(scale: float) -> int:
    """0..3 for 1, 1/2, 1/4, 1/8."""
    for shrink in range(MAX_SHRINK + 1):
        if isinstance(scale, Real) and not isinstance(scale, bool) and scale * (1 << shrink) == 1:
            return shrink
    raise UsageError(f"the scale {scale!r} is unknown", "choose 1, 1/2, 1/4 or 1/8")


def shrunk(samples: NDArray[Any], shrink: int) -> NDArray[Any]:
    """Rounded means of 2^k x 2^k boxes, (H, W, ...) -> (ceil(H / 2^k), ...); the edge is repeated as needed."""
    if not shrink:
        return samples
    side = 1 << shrink
    down, across = -samples.shape[0] % side, -samples.shape[1] % side
    if down or across:
        samples = np.pad(samples, [(0, down), (0, across)] + [(0, 0)] * (samples.ndim - 2), mode="edge")
    total = samples[::side].astype(np.uint32)
    for row in range(1, side):  # rows first: additions of whole rows are quicker than sums over a short axis
        total += samples[row::side]
    columns = total[:, ::side].copy()
    for column in range(1, side):
        columns += total[:, column::side]
    return ((columns + (1 << 2 * shrink - 1)) >> 2 * shrink).astype(samples.dtype)


def _checked(region: Region) -> Region:
    parts = tuple(region) if isinstance(region, Iterable) else ()
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in parts)
    if len(parts) != 4 or not whole or min(parts[:2]) < 0 or min(parts[2:]) < 1:
        raise UsageError(f"the region {region!r} is none", "give x, y, width and height in pixels")
    x, y, width, height = (int(n) for n in parts)
    return x, y, width, height
