# SPDX-License-Identifier: Apache-2.0
"""Residuals of one pass <-> entropy coded streams: which table codes which sample, and with which value.

A residual counts in quantisation steps of 2 * max_error + 1, which is 1 without loss. With the prediction p in 1/16,

    whole = (p + 8) >> 4,    rest = p - 16 * whole in -8..7        the residual is that of `whole`
    rest < 0 turns its sign, so that it leans to the positive side by |rest| / 16 of a step: one of PHASES tables
    low bits, in wide scales, are cut off and coded plainly

Trap: which sign and which table depend on the prediction alone, so the decoder has both before it reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless import spreads
from mezzotint.runtime.lossless.lattice import Plane
from mezzotint.runtime.lossless.predict import FINE_BITS, Guess
from mezzotint.runtime.lossless.tables import PHASES, Frozen

_HALF = 1 << (FINE_BITS - 1)
_FARTHEST = 1 << 18  # residuals are smaller than 2^16 in size; anything near this comes from damage


@dataclass(frozen=True, eq=False)
class Setting:
    """What the whole tile has in common."""

    bit_depth: int
    max_error: int

    @property
    def step(self) -> int:
        return 2 * self.max_error + 1

    @property
    def top(self) -> int:
        """The largest sample."""
        return (1 << self.bit_depth) - 1


@dataclass(frozen=True, eq=False)
class Expected:
    """What the guess of a pass says about its residuals; all (n,), in raster order."""

    whole: NDArray[np.int32]  # the sample that is predicted
    turned: NDArray[np.int32]  # 1, or -1 where the residual changes its sign
    scale: NDArray[np.uint8]  # below SCALES
    phase: NDArray[np.uint8]
    low: NDArray[np.uint8]  # low bits that are coded plainly

    def numbers(self, table_map: NDArray[np.uint8]) -> NDArray[np.uint16]:
        """The number of each residual's table."""
        out = (table_map.astype(np.uint16) * np.uint16(PHASES)).take(self.scale)
        out += self.phase
        return out


def expect(guess: Guess, setting: Setting) -> Expected:
    prediction = guess.prediction.ravel()
    whole = (prediction + _HALF) >> FINE_BITS
    rest = prediction - (whole << FINE_BITS)
    turned = (rest >> 31) | 1
    np.abs(rest, out=rest)
    if setting.step > 1:
        rest //= np.int32(setting.step)
    phase = ((rest + 1) >> 1).astype(np.uint8)
    scale = spreads.scales(guess.spread.ravel(), setting.step)
    low = spreads.low_bits(scale)
    if low.any():
        scale -= low * np.uint8(spreads.OCTAVE)
        np.minimum(scale, np.uint8(spreads.LAST), out=scale)
        phase *= low == 0
    return Expected(whole, turned, scale, phase, low)


def quantise(samples: Plane, expected: Expected, setting: Setting) -> NDArray[np.int32]:
    """(n,) residuals, whose samples are at most max_error from the true ones."""
    difference = samples.ravel() - expected.whole
    difference *= expected.turned
    if setting.step > 1:
        # floor((d + m) / (2 m + 1)) is the nearest multiple for both signs
        difference += np.int32(setting.max_error)
        difference //= np.int32(setting.step)
    return difference


def restore(residuals: NDArray[np.int32], expected: Expected, setting: Setting) -> NDArray[np.int32]:
    """(n,) samples. DamagedFile when one is farther from 0..top than rounding explains."""
    samples = residuals * expected.turned
    if setting.step > 1:
        samples *= np.int32(setting.step)
    samples += expected.whole
    if samples.size:
        least, most = int(samples.min()), int(samples.max())
        if least < -setting.max_error or most > setting.top + setting.max_error:
            raise DamagedFile("a tile holds samples outside its bit depth")
        if setting.max_error:
            np.clip(samples, 0, setting.top, out=samples)
    return samples


def to_words(
    residuals: NDArray[np.int32], expected: Expected, table_map: NDArray[np.uint8], frozen: Frozen
) -> tuple[bytes, bytes]:
    """The words of the residuals and those of their low bits."""
    low = expected.low
    if low.any():
        mask = (np.int32(1) << low.astype(np.int32)) - 1
        shifted = residuals + ((mask + 1) >> 1)
        plain = entropy.encode(shifted & mask, low, frozen.plain_bits)
        high = np.right_shift(shifted, low.astype(np.int32), dtype=np.int32)
        return entropy.encode(high, expected.numbers(table_map), frozen.residuals), plain
    return entropy.encode(residuals, expected.numbers(table_map), frozen.residuals), b""


def from_words(
    words: bytes, plain: bytes, expected: Expected, table_map: NDArray[np.uint8], frozen: Frozen
) -> NDArray[np.int32]:
    high = entropy.decode(words, expected.numbers(table_map), frozen.residuals)
    if high.size and (int(high.min()) < -_FARTHEST or int(high.max()) > _FARTHEST):
        raise DamagedFile("a tile holds impossible residuals")
    low = expected.low
    if not low.any():
        if plain:
            raise DamagedFile("a tile holds low bits that belong to no residual")
        return _bounded(high)
    wide = high.astype(np.int64) << low
    mask = (np.int32(1) << low.astype(np.int32)) - 1
    wide += entropy.decode(plain, low, frozen.plain_bits)
    wide -= (mask + 1) >> 1
    return _bounded(wide)


def _bounded(residuals: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int32]:
    """DamagedFile for what no picture gives: then a product with the largest step, 2^17, could leave 32 bits."""
    if residuals.size and int(np.abs(residuals).max()) >= 1 << 17:
        raise DamagedFile("a tile holds impossible residuals")
    return residuals.astype(np.int32, copy=False)
