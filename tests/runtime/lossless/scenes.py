# SPDX-License-Identifier: Apache-2.0
"""Small pictures of every kind, made of integers alone, so that golden files are the same everywhere."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

KINDS = ("noise", "flat", "top", "extremes", "slope", "photo", "cards")


def make(kind: str, shape: tuple[int, ...], bit_depth: int, seed: int = 0) -> np.ndarray:
    """uint8 up to 8 bits, else uint16; shape (H, W) or (H, W, 3)."""
    top = (1 << bit_depth) - 1
    channels = 1 if len(shape) == 2 else 3
    rng = random.Random(f"{kind} {shape} {bit_depth} {seed}")
    sample = _SAMPLES[kind](rng, shape[0], shape[1], channels, top)
    cells = [
        [[min(max(sample(y, x, c), 0), top) for c in range(channels)] for x in range(shape[1])]
        for y in range(shape[0])
    ]
    return np.array(cells, np.uint8 if bit_depth <= 8 else np.uint16).reshape(shape)


Sample = Callable[[int, int, int], int]


def _noise(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    return lambda y, x, c: rng.randint(0, top)


def _flat(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    colour = [rng.randint(0, top) for _ in range(channels)]
    return lambda y, x, c: colour[c]


def _top(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    return lambda y, x, c: top


def _extremes(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    return lambda y, x, c: top * rng.randint(0, 1)


def _slope(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    return lambda y, x, c: (top * (y + 2 * x + c)) // (height + 2 * width + 3)


def _photo(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    """Blobs with grain that is mostly the same in all channels."""
    blobs = [
        (rng.randrange(height), rng.randrange(width), rng.randint(2, 9) ** 2, rng.randint(0, top))
        for _ in range(6)
    ]
    grain = [[rng.randint(-(top // 64), top // 64) for _ in range(width)] for _ in range(height)]

    def sample(y: int, x: int, c: int) -> int:
        light = sum(v * s // (s + (y - a) ** 2 + (x - b) ** 2) for a, b, s, v in blobs) // (2 + c)
        return light + grain[y][x] + rng.randint(-(top // 128), top // 128)

    return sample


def _cards(rng: random.Random, height: int, width: int, channels: int, top: int) -> Sample:
    """Few colours in large parts."""
    colours = [[rng.randint(0, top) for _ in range(channels)] for _ in range(5)]
    return lambda y, x, c: colours[(y // 7 + 2 * (x // 5)) % 5][c]


_SAMPLES = {
    "noise": _noise,
    "flat": _flat,
    "top": _top,
    "extremes": _extremes,
    "slope": _slope,
    "photo": _photo,
    "cards": _cards,
}
