# SPDX-License-Identifier: Apache-2.0
"""Samples of one bit depth to another, so that the largest of one is the largest of the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mezzotint.runtime.pictures.picture import Picture, Samples, dtype_of

_BAND = 1 << 18  # samples at a time


def scaled(samples: Samples, bit_depth: int, to: int) -> Samples:
    """Samples 0..2 ** bit_depth - 1 as 0..2 ** to - 1, rounded; of any shape, uint8 up to 8 bits and uint16 above."""
    if bit_depth == to:
        return samples
    # A table, because the arithmetic of millions of samples would need 32 bits each.
    values = np.arange(2**bit_depth, dtype=np.uint64)
    most = 2**bit_depth - 1
    table: Samples = ((2 * values * (2**to - 1) + most) // (2 * most)).astype(dtype_of(to))
    found: Samples = np.empty(samples.shape, table.dtype)
    rows = max(1, _BAND // max(1, samples[:1].size))
    for start in range(0, len(samples), rows):  # numpy makes 8 bytes of every index
        found[start : start + rows] = table.take(samples[start : start + rows], mode="clip")
    return found


def with_depth(picture: Picture, bit_depth: int) -> Picture:
    """The same picture at another bit depth."""
    if picture.bit_depth == bit_depth:
        return picture
    colour = scaled(picture.colour, picture.bit_depth, bit_depth)
    alpha = None if picture.alpha is None else scaled(picture.alpha, picture.bit_depth, bit_depth)
    return replace(picture, colour=colour, alpha=alpha, bit_depth=bit_depth)
