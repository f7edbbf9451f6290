# SPDX-License-Identifier: Apache-2.0
"""The scale context: what symbols of earlier groups of y add to the scale indices of later ones (docs/format.md 8.1).

    |symbol| of earlier groups --octaves--> e --inner, of cells and of their 1 2 1 x 1 2 1 neighbourhoods--> f (F, h, w)
    f --outer--> c, in 1/256 of an index step;      index = clamp((v + o + c + 128) >> 8, 0, 63)

The decoder knows these symbols when it comes to the group, and they are integers, so nothing here can differ between
machines: the same operations and the same proof as for the scale map (graph.py). As one matrix instead of two it would
take four times the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedModel
from mezzotint.intnet import ops

# round(32 log2(1 + n)) for n = 0..15; larger symbols count as 15.
OCTAVES = (0, 32, 51, 64, 74, 83, 90, 96, 101, 106, 111, 115, 118, 122, 125, 128)
WINDOW_GAIN = 16  # the window's weights sum to this; a cell itself counts as often
INNER_SHIFT = 8  # features then fit float32 products
OUTER_SHIFT = 5


@dataclass(frozen=True, eq=False)
class ScaleContext:
    """Made from a model's arrays; DamagedModel when they do not fit the groups or could leave the exact range."""

    inner: NDArray[np.int8]  # (G - 1, F, 2, M - last group): of the cells, of their neighbourhoods
    outer: NDArray[np.int8]  # (M - first group, F)
    groups: tuple[int, ...]  # channels of each of the G groups of y

    def __post_init__(self) -> None:
        rows, low = sum(self.groups[1:]), sum(self.groups[:-1])
        for name, array, axes in (("inner", self.inner, 4), ("outer", self.outer, 2)):
            if array.dtype != np.int8 or array.ndim != axes or not array.size:
                raise DamagedModel(f"{name} of the scale context is {array.dtype} shaped {array.shape}")
        shapes = (len(self.groups) - 1, self.outer.shape[1], 2, low), (rows, self.outer.shape[1])
        if (self.inner.shape, self.outer.shape) != shapes:
            raise DamagedModel(
                "inner and outer weights of the scale context do not fit the groups of the model"
            )
        if max(self.bounds) >= 1 << 30:
            raise DamagedModel("the scale context may leave 32 bits")

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """On features and on c, before their shifts, and on every partial sum on the way, over all symbols.

        Proved from the absolute sums of the weights.
        """
        inner, outer = (np.abs(array.astype(np.int64)) for array in (self.inner, self.outer))
        feature = int(inner.sum(axis=(2, 3)).max()) * WINDOW_GAIN * OCTAVES[-1]
        return feature, int(outer.sum(axis=1).max()) * ((feature >> INNER_SHIFT) + 1)

    def __call__(self, symbols: NDArray[np.int32], group: int) -> NDArray[np.int32]:
        """Symbols (C, h, w) of all groups before `group`, 1 or later -> c (its channels, h, w), in 1/256 steps."""
        low, high = sum(self.groups[:group]), sum(self.groups[: group + 1])
        octaves = _TABLE.take(np.minimum(np.abs(symbols[:low]), len(OCTAVES) - 1))  # (C, h, w)
        inner = self.inner[group - 1, :, :, :low]
        product = self.bounds[0] // WINDOW_GAIN
        features = ops.window(_product(inner[:, 1], octaves, product))  # (F, h, w)
        features += WINDOW_GAIN * _product(inner[:, 0], octaves, product)
        features = ops.floor_shift(features, INNER_SHIFT)
        outer = self.outer[low - self.groups[0] : high - self.groups[0]]
        return ops.floor_shift(_product(outer, features, self.bounds[1]), OUTER_SHIFT)


def _product(weight: NDArray[np.int8], x: NDArray[np.int32], bound: int) -> NDArray[np.int32]:
    """weight (rows, C) @ x (C, h, w), exact since nothing on the way exceeds the bound."""
    dtype = np.float32 if bound < ops.FLOAT_LIMIT["float32"] else np.float64
    found: NDArray[Any] = ops.product(weight.astype(dtype), x.astype(dtype))
    return found.astype(np.int32)


_TABLE = np.array(OCTAVES, np.int32)
