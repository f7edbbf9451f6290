# SPDX-License-Identifier: Apache-2.0
"""Latents that drive the integer layers of a bundle to their extremes, and what the layers give for them in int64.

Corners of the range with the signs of a row of weights, the same with some of them turned over, random corners, random
values; for the context, symbols that are large where a row of outer @ inner is positive (or negative) and 0 elsewhere.
Nothing of mezzotint.intnet is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.bundle import Bundle

Whole = NDArray[np.int64]
OCTAVES = (0, 32, 51, 64, 74, 83, 90, 96, 101, 106, 111, 115, 118, 122, 125, 128)
LARGEST = (1 << 27) + (1 << 15)  # of a symbol, about


def latents(weight: NDArray[Any], count: int, rng: np.random.Generator) -> Whole:
    """z (count, Cz) in -127..127."""
    rows = weight[rng.integers(0, len(weight), count)].astype(np.int64)
    corners = np.where(rows >= 0, 127, -127) * rng.choice((-1, 1), (count, 1))
    flipped = corners * rng.choice((-1, 1), corners.shape, p=(0.1, 0.9))
    chosen = rng.choice((-127, 127), corners.shape)
    kinds = np.stack([corners, flipped, chosen, rng.integers(-127, 128, corners.shape)])
    found: Whole = kinds[np.arange(count) % len(kinds), np.arange(count)]
    return found


def symbols(bundle: Bundle, count: int, rng: np.random.Generator) -> Whole:
    """(count, M), for a bundle with a scale context."""
    context = bundle.scale_context
    assert context is not None
    halves = context.inner.astype(np.int64).swapaxes(1, 2)  # (G - 1, 2, F, low)
    pulls = np.concatenate([part.reshape(-1, part.shape[-1]) for part in (context.outer @ halves, halves)])
    pull = pulls[rng.integers(0, len(pulls), count)] * rng.choice((-1, 1), (count, 1))
    large = rng.choice((15, 16, 300, LARGEST), pull.shape)
    usual = rng.geometric(0.3, pull.shape) - 1
    some = np.where(rng.random((count, 1)) < 0.8, np.where(pull > 0, large, 0), usual)
    found = np.zeros((count, bundle.card.latent_channels), np.int64)
    found[:, : pull.shape[1]] = some * rng.choice((-1, 1), some.shape)
    return found


def grid(vectors: Whole) -> Whole:
    """(count, C) side by side: (C, h, w), about square; count = h * w."""
    count, channels = vectors.shape
    height = max(side for side in range(1, int(count**0.5) + 1) if count % side == 0)
    return np.ascontiguousarray(vectors.T.reshape(channels, height, count // height))


def window(u: Whole) -> Whole:
    """[1 2 1] x [1 2 1] over (M, h, w), the nearest value counting for what is outside."""
    padded = np.pad(u, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    found: Whole = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return found


def shuffled(acc: Whole) -> Whole:
    """(16 M, h, w) -> (M, 4h, 4w)."""
    rows, height, width = acc.shape
    parts = acc.reshape(rows // 16, 4, 4, height, width).transpose(0, 3, 1, 4, 2)
    return parts.reshape(rows // 16, 4 * height, 4 * width)


def offset_at(anchors: NDArray[np.int32], quality: int) -> Whole:
    """o (M,) at 0..4095."""
    position = quality * (len(anchors) - 1) * 128 // 4095
    k = min(position // 128, len(anchors) - 2)
    f = position - 128 * k
    blend = anchors[k].astype(np.int64) * (128 - f) + anchors[k + 1].astype(np.int64) * f
    found: Whole = (blend + 64) >> 7
    return found


def octaves(values: Whole) -> Whole:
    return np.array(OCTAVES, np.int64)[np.minimum(np.abs(values), 15)]
