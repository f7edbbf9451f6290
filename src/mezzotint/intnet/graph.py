# SPDX-License-Identifier: Apache-2.0
"""The scale map: one affine integer layer from z_hat to the table index of every y symbol (docs/format.md section 8).

    z (Cz, hz, wz) --W z + b--> (16M, hz, wz) --pixel shuffle 4--> u (M, 4hz, 4wz) --[1 2 1] x [1 2 1]--> v
    index = clamp((v + o + 128) >> 8, 0, 63)        o: the channel's offset at this quality

The unit of W and b is 1/16 of an index step, that of v and o is 1/256. The decoder loses the whole tile if one index
differs from the encoder's, so everything is exact: see ops.py for how, and `bound` for why it may be relied on.

Trap: the product may not be handed to a GPU or an accelerator without a golden check; many multiply in bf16 or TF32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedModel, UsageError
from mezzotint.intnet import ops

CELL = 4  # z stands for 4 x 4 positions of y, a side of 4
Z_LIMIT = 127  # z_hat lies in -127..127
QUALITY_LIMIT = 4095
INDEX_LIMIT = 63
INDEX_BITS = 8  # v and o count in 1/256 of an index step
HALF = 1 << (INDEX_BITS - 1)
BLEND_BITS = 7  # offsets between anchors in 1/128
WINDOW_GAIN = 16  # the window's weights sum to this
BLOCK = 1 << 16  # indices that are worked out at once; of no consequence for the result

FloatType = type[np.float32] | type[np.float64]


@dataclass(frozen=True, eq=False)
class ScaleMap:
    """Made from a model's arrays; DamagedModel when they do not fit together or could leave the exact range."""

    weight: NDArray[np.int8]  # (16M, Cz)
    bias: NDArray[np.int32]  # (16M,)
    offset: NDArray[np.int32]  # (A, M), at A >= 2 qualities spread evenly over 0..4095

    def __post_init__(self) -> None:
        for name, dtype, axes in (("weight", np.int8, 2), ("bias", np.int32, 1), ("offset", np.int32, 2)):
            array: NDArray[Any] = getattr(self, name)
            if array.dtype != dtype or array.ndim != axes or not array.size:
                raise DamagedModel(f"{name} of the scale map is {array.dtype} shaped {array.shape}")
        rows, anchors = self.weight.shape[0], self.offset.shape[0]
        if self.bias.shape != (rows,) or rows != CELL**2 * self.channels or anchors < 2:
            raise DamagedModel("weight, bias and offset of the scale map do not fit together")
        if max(self.bound()) >= ops.FLOAT_LIMIT["float64"]:
            raise DamagedModel("the scale map may leave the integers that float64 holds")

    @property
    def channels(self) -> int:
        """M."""
        return int(self.offset.shape[1])

    def bound(self) -> tuple[int, ...]:
        """For every output channel a bound on |v + o + 128| over all z in -127..127 and all qualities.

        Proved in Python integers: |W z + b| <= 127 sum|W| + |b| in a row; the window's weights are positive and sum
        to 16, so |v| <= 16 times the worst row of the channel; o lies between two anchors. Every partial sum on
        the way, in whatever order, is within the same bound, since all terms are counted with their magnitude.
        """
        return self._bound

    @cached_property
    def _bound(self) -> tuple[int, ...]:
        sums = np.abs(self.weight.astype(np.int64)).sum(axis=1).tolist()
        biases: list[int] = self.bias.tolist()
        rows = [Z_LIMIT * total + abs(bias) for total, bias in zip(sums, biases, strict=True)]
        cells = CELL**2
        worst = [max(rows[start : start + cells]) for start in range(0, len(rows), cells)]
        offsets = [max(map(abs, column)) for column in self.offset.T.tolist()]
        return tuple(WINDOW_GAIN * row + offset + HALF for row, offset in zip(worst, offsets, strict=True))

    @cached_property
    def float32_is_exact(self) -> bool:
        """True when the bound also fits float32, which may then be used for the product."""
        return max(self._bound) < ops.FLOAT_LIMIT["float32"]

    def __call__(self, z_hat: NDArray[Any], quality: int, channels: int | None = None) -> NDArray[np.uint8]:
        """z_hat (Cz, hz, wz) of any integer type, quality 0..4095 -> indices (M, 4hz, 4wz) in 0..63.

        `channels`: how many of the M are wanted, from the first; all unless given.
        """
        return self.indices(z_hat, quality, np.float32 if self.float32_is_exact else np.float64, channels)

    def indices(
        self, z_hat: NDArray[Any], quality: int, dtype: FloatType, channels: int | None = None
    ) -> NDArray[np.uint8]:
        """The same with a choice of the float type that BLAS multiplies in."""
        self._check(z_hat, quality)
        indices = np.empty(self._shape(z_hat, channels), np.uint8)
        for block, sums in self.sums(z_hat, quality, dtype, channels):
            indices[block] = to_index(sums)
        return indices

    def totals(self, z_hat: NDArray[Any], quality: int, channels: int | None = None) -> NDArray[Any]:
        """All of `sums` (M, 4hz, 4wz), for a model whose scale context adds to them before they become indices."""
        dtype = np.float32 if self.float32_is_exact else np.float64
        whole = np.int32 if max(self._bound) < 1 << 31 else np.int64
        totals: NDArray[Any] = np.empty(self._shape(z_hat, channels), whole)
        for block, sums in self.sums(z_hat, quality, dtype, channels):
            totals[block] = sums
        return totals

    def _shape(self, z_hat: NDArray[Any], channels: int | None) -> tuple[int, int, int]:
        _, height, width = z_hat.shape
        return self.channels if channels is None else channels, CELL * height, CELL * width

    def sums(
        self,
        z_hat: NDArray[Any],
        quality: int,
        dtype: FloatType = np.float64,
        channels: int | None = None,
    ) -> Iterator[tuple[slice, NDArray[Any]]]:
        """v + o + 128, which `bound` bounds: some channels at a time, (channels, 4hz, 4wz) of int32 or int64.

        The blocks fit the processor's cache, and keep the memory for a large tile near that of its indices (that
        of `totals` near four times as much).
        """
        self._check(z_hat, quality)
        if dtype is np.float32 and not self.float32_is_exact:
            raise UsageError("this scale map is not exact in float32", "use float64")
        whole: type[np.int32 | np.int64] = np.int32 if max(self._bound) < 1 << 31 else np.int64
        offset = self.offset_at(quality) + HALF
        z: NDArray[Any] = z_hat.astype(dtype)
        step = max(1, BLOCK // (CELL**2 * z[0].size))
        end = self.channels if channels is None else channels
        for start in range(0, end, step):
            block = slice(start, min(start + step, end))
            rows = slice(CELL**2 * block.start, CELL**2 * block.stop)
            weight: NDArray[Any] = self.weight[rows].astype(dtype)
            acc: NDArray[Any] = ops.product(weight, z)  # (16 channels, hz, wz), unit 1/16
            acc += self.bias[rows].astype(dtype)[:, None, None]
            u: NDArray[Any] = ops.pixel_shuffle(acc.astype(whole), CELL)  # (channels, 4hz, 4wz)
            v: NDArray[Any] = ops.window(u)  # unit 1/256
            v += offset[block].astype(whole)[:, None, None]
            yield block, v

    def offset_at(self, quality: int) -> NDArray[np.int64]:
        """o (M,): linear between the two anchors around this quality, in steps of 1/128."""
        anchors = self.offset.shape[0]
        position = (quality * (anchors - 1) << BLEND_BITS) // QUALITY_LIMIT
        k = min(position >> BLEND_BITS, anchors - 2)
        f = position - (k << BLEND_BITS)  # 0..128
        low, high = self.offset[k].astype(np.int64), self.offset[k + 1].astype(np.int64)
        return ops.floor_shift(low * ((1 << BLEND_BITS) - f) + high * f, BLEND_BITS)

    def _check(self, z_hat: NDArray[Any], quality: int) -> None:
        if z_hat.dtype.kind not in "iu" or z_hat.ndim != 3 or not z_hat.size:
            raise UsageError(
                f"z_hat is {z_hat.dtype} shaped {z_hat.shape}", "give integers shaped (Cz, hz, wz)"
            )
        if z_hat.shape[0] != self.weight.shape[1]:
            raise UsageError(f"z_hat has {z_hat.shape[0]} channels", f"give {self.weight.shape[1]}")
        if int(z_hat.min()) < -Z_LIMIT or int(z_hat.max()) > Z_LIMIT:
            raise UsageError("z_hat leaves -127..127", "clip it before it is coded")
        if not 0 <= quality <= QUALITY_LIMIT:
            raise UsageError(f"quality {quality} is outside 0..4095")


def to_index(sums: NDArray[Any]) -> NDArray[np.uint8]:
    """v + o + 128, and what a scale context adds, in 1/256 of an index step -> indices 0..63; `sums` is used up."""
    sums >>= sums.dtype.type(INDEX_BITS)
    return np.clip(sums, 0, INDEX_LIMIT, out=sums).astype(np.uint8)
