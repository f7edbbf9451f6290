# SPDX-License-Identifier: Apache-2.0
"""Which symbols an encoder takes: of the nearest, that below it, and 0, the one that costs least.

Rate-distortion optimised quantisation, as encoders of video do it (Karczewicz, Ye and Chong, 2008), one coefficient at
a time: bits, and what its squared error is worth in bits. In training bits are a Laplacian's, in files those of tables.
The trap: a symbol is a context of later ones, too, which nobody counts here; weighing bits more for it gained nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.lab.layers.nested_dct import PLANES
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.priors.counted import MOVED, REACH, laplacian_bits

Values = NDArray[np.float32]
Symbols = NDArray[np.int32]
Numbers = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Chooser:
    """An encoder's code: the nearest symbol, that below it, or 0, by error and the bits of its table."""

    r: Values  # (C, N): coefficients in steps
    worth: Values  # (C,): bits for a squared error of one step
    costs: Values  # (T, REACH + 2): bits of magnitudes
    moved: Values  # (T, MOVED): what decoding adds to them

    def __call__(self, span: slice, where: slice, numbers: Numbers) -> Symbols:
        symbols = np.zeros(numbers.shape, np.int32)
        r = self.r[span, where]
        large = np.nonzero(np.abs(r) > 0.5)
        if not large[0].size:
            return symbols
        size, table, worth = np.abs(r[large]), numbers[large], self.worth[span][large[0]]
        best, cost = np.zeros(size.shape, np.int32), self.costs[table, 0] + worth * size**2
        near = np.rint(size).astype(np.int32)
        for magnitude in (near, near - 1):
            error = size - magnitude - self._added(table, magnitude)
            found = self.costs[table, np.minimum(magnitude, REACH + 1)] + worth * error**2
            better = (found < cost) & (magnitude > 0)
            best, cost = np.where(better, magnitude, best), np.where(better, found, cost)
        symbols[large] = np.where(r[large] < 0, -best, best)
        return symbols

    def _added(self, table: Numbers, magnitude: Symbols) -> Values:
        return added_to(magnitude, table, self.moved)


def added_to(magnitude: Symbols, numbers: Numbers, moved: Values) -> Values:
    """What decoding adds to magnitudes, those of 0 left alone."""
    return np.where(magnitude > 0, moved[numbers, np.clip(magnitude, 1, MOVED) - 1], np.float32(0))


def price(quality: Tensor) -> Tensor:
    """Bits that a squared error of one coefficient is worth, (B,): lambda is per pixel, of the mean of three planes."""
    return lambda_of(quality) * 255**2 / PLANES


def cheapest(r: Tensor, scale: Tensor, worth: Tensor) -> Tensor:
    """The nearest symbol, that below it, or 0: whichever costs least with a Laplacian's bits; elementwise."""
    size = r.abs()
    best, cost = torch.zeros_like(r), laplacian_bits(torch.zeros_like(r), scale) + worth * r.square()
    near = size.round()
    for symbol in (near, (near - 1).clamp_min(0)):
        found = laplacian_bits(symbol, scale) + worth * (size - symbol).square()
        best, cost = torch.where(found < cost, symbol, best), torch.minimum(found, cost)
    return best * r.sign()
