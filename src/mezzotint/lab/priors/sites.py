# SPDX-License-Identifier: Apache-2.0
"""The places of a grid in the two passes of a checkerboard: one list, the first pass in front, with its neighbours.

All four neighbours of a site of the second pass are in the first ("Checkerboard Context Model for Efficient Learned
Image Compression", CVPR 2021). As one axis of an array, a pass is a slice, and what lies beside a site is one look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sites:
    """Of a grid of ``height`` x ``width``; N = height * width."""

    height: int
    width: int
    raster: Places  # (N,): where in raster order the sites lie
    where: Places  # (N,): the inverse, which site is at a place in raster order
    first: int  # sites of the first pass
    beside: Places  # (4, N): sites to the left, right, above, below; N where there is none

    def span(self, phase: int) -> slice:
        """The sites of pass 0 or 1."""
        return slice(self.first, None) if phase else slice(0, self.first)


@lru_cache(maxsize=32)
def sites(height: int, width: int) -> Sites:
    """Sides are at least 1."""
    rows, columns = (axis.ravel() for axis in np.mgrid[:height, :width])
    raster = np.argsort((rows + columns) % 2, kind="stable")
    where = np.empty_like(raster)
    where[raster] = np.arange(raster.size)
    padded = np.full((height + 2, width + 2), raster.size)
    padded[1:-1, 1:-1] = where.reshape(height, width)
    sides = (padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1])
    beside = np.stack([side.ravel()[raster] for side in sides])
    return Sites(height, width, raster, where, int(((rows + columns) % 2 == 0).sum()), beside)
