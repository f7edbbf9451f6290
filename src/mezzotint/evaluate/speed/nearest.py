# SPDX-License-Identifier: Apache-2.0
"""The quality at which a codec makes a file of a given size, so that rivals are timed at our rate."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import log

from mezzotint.evaluate.codecs.protocol import Codec, Pixels

CLOSE = 0.03  # a file whose size differs by this share is near enough
_PROBES = 3  # between two qualities of the sweep


def nearest(
    codec: Codec, pixels: Pixels, size: int, threads: int, guess: float | None = None
) -> tuple[float, int]:
    """(quality, bytes) of the file nearest to `size` bytes, found between the ends of the codec's own sweep.

    Bisection over the sweep, along which files may grow or shrink, and then interpolation of log size; whole numbers
    where the sweep has only those. Takes about six encodings, or one where the guess is good enough.
    """
    tried: dict[float, int] = {}

    def at(quality: float) -> int:
        if quality not in tried:
            tried[quality] = len(codec.encode(pixels, quality, threads))
        return tried[quality]

    if guess is not None and abs(at(guess) - size) < CLOSE * size:
        return guess, at(guess)
    sweep = list(codec.qualities)
    middle = len(sweep) // 2
    if at(sweep[middle]) < at(sweep[middle - 1]) and middle:
        sweep.reverse()
    if len(sweep) > 1:
        above = bisect_left(sweep, size, 1, len(sweep) - 1, key=at)
        whole = all(quality == int(quality) for quality in sweep)
        _close_in(sweep[above - 1], sweep[above], size, at, whole)
    quality = min(tried, key=lambda tried_quality: abs(tried[tried_quality] - size))
    return quality, tried[quality]


def _close_in(low: float, high: float, size: int, at: Callable[[float], int], whole: bool) -> None:
    """Try qualities between two whose files are smaller and larger than `size`."""
    for _ in range(_PROBES):
        below, above = at(low), at(high)
        if not below < size < above or min(size - below, above - size) < CLOSE * size:
            return
        share = log(size / below) / log(above / below)
        quality = low + share * (high - low)
        if whole:
            quality = round(quality)
            if quality in (low, high):
                return
        low, high = (quality, high) if at(quality) < size else (low, quality)
