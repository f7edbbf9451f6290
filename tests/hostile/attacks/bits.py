# SPDX-License-Identifier: Apache-2.0
"""Bits of a file turned over, and some of many cases taken by chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def flipped(data: bytes, places: Iterable[int]) -> bytes:
    """`data` with these bits turned over; bit 0 is the lowest of the first byte."""
    out = bytearray(data)
    for place in places:
        out[place // 8] ^= 1 << place % 8
    return bytes(out)


def some_bits(rng: np.random.Generator, first: int, last: int, most: int = 8) -> list[int]:
    """1 to `most` different bits of the bytes [first, last): as two flips of one bit are none."""
    bits = (last - first) * 8
    count = min(int(rng.integers(1, most + 1)), bits)
    return [first * 8 + int(place) for place in rng.choice(bits, count, replace=False)]


def part(items: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """All of them, or `count` by chance."""
    if count >= len(items):
        return list(items)
    return [items[int(place)] for place in sorted(rng.choice(len(items), count, replace=False))]


def one(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]
