# SPDX-License-Identifier: Apache-2.0
"""The scale context: what symbols of earlier groups of y add to the scale indices of later ones (docs/format.md 8.1).

    |symbol| of earlier groups --octaves--> e --[itself, 1 2 1 x 1 2 1 round it]--> t --W t, shift 6--> c (1/256 steps)
    index = clamp((v + o + c + 128) >> 8, 0, 63)

The decoder knows these symbols when it comes to the group, and they are integers, so nothing here can differ between
machines: the same operations and the same proof as for the scale map (graph.py).
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
WINDOW_GAIN = 16  # the window's weights sum to this; a symbol itself counts as often
SHIFT = 6


@dataclass(frozen=True, eq=False)
class ScaleContext:
    """Made from a model's array; DamagedModel when it does not fit its groups or could leave the exact range."""

    weight: NDArray[
        np.int8
    ]  # (M - first group, 2 (M - last group)): of the symbols, then of their neighbourhoods
    groups: tuple[int, ...]  # channels of each group of y

    def __post_init__(self) -> None:
        rows, columns = sum(self.groups[1:]), 2 * sum(self.groups[:-1])
        if self.weight.dtype != np.int8 or self.weight.shape != (rows, columns):
            raise DamagedModel(f"the scale context is {self.weight.dtype} shaped {self.weight.shape}")
        if self.bound >= ops.FLOAT_LIMIT["float64"]:
            raise DamagedModel("the scale context may leave the integers that float64 holds")

    @cached_property
    def bound(self) -> int:
        """On |W t| and every partial sum on the way, over all symbols; proved from the absolute sums of the weights."""
        sums = np.abs(self.weight.astype(np.int64)).sum(axis=1)
        return int(sums.max(initial=0)) * WINDOW_GAIN * OCTAVES[-1]

    def __call__(self, symbols: NDArray[np.int32], group: int) -> NDArray[np.int32] | NDArray[np.int64]:
        """Symbols (C, h, w) of all groups before `group`, 1 or later -> c (its channels, h, w), in 1/256 steps."""
        low, high = sum(self.groups[:group]), sum(self.groups[: group + 1])
        rows = slice(low - self.groups[0], high - self.groups[0])
        half = self.weight.shape[1] // 2
        columns = [self.weight[rows, :low], self.weight[rows, half : half + low]]
        dtype = np.float32 if self.bound < ops.FLOAT_LIMIT["float32"] else np.float64
        size = np.minimum(np.abs(symbols[:low]), len(OCTAVES) - 1)
        octaves = _TABLE.take(size)  # (C, h, w)
        weight: NDArray[Any] = np.concatenate(columns, axis=1).astype(dtype)
        t: NDArray[Any] = np.concatenate([WINDOW_GAIN * octaves, ops.window(octaves)]).astype(dtype)
        c: NDArray[Any] = ops.product(weight, t)
        if self.bound < 1 << 30:  # and floor_shift adds to it
            return ops.floor_shift(c.astype(np.int32), SHIFT)
        return ops.floor_shift(c.astype(np.int64), SHIFT)


_TABLE = np.array(OCTAVES, np.int32)
