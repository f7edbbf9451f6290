# SPDX-License-Identifier: Apache-2.0
"""Prints what must be the same on every machine: one line a float type, the SHA-256 of the indices of one large map.

Run as a process of its own, under other threads, vector extensions or processors than the tests themselves. The map is
large enough for BLAS to block, split and vectorise.
"""

from __future__ import annotations

import hashlib

import numpy as np

from mezzotint.intnet import ScaleMap

M, CZ, HEIGHT, WIDTH, ANCHORS = 48, 40, 9, 11, 5
QUALITIES = (0, 777, 4095)


def integers(state: int, shape: tuple[int, ...], limit: int) -> np.ndarray:
    """Pseudorandom in -limit..limit, by a multiplicative congruence, so that no generator of a library has a say."""
    values = []
    for _ in range(int(np.prod(shape))):
        state = state * 48271 % 2147483647
        values.append((state >> 4) % (2 * limit + 1) - limit)
    return np.array(values, np.int64).reshape(shape)


def weight() -> np.ndarray:
    return integers(1, (16 * M, CZ), 20).astype(np.int8)


def bias() -> np.ndarray:
    return (integers(2, (16 * M,), 4000) + 400).astype(np.int32)


def offset() -> np.ndarray:
    return integers(3, (ANCHORS, M), 9000).astype(np.int32)


def z() -> np.ndarray:
    return integers(4, (CZ, HEIGHT, WIDTH), 30)


def main() -> None:
    scale_map, z_hat = ScaleMap(weight(), bias(), offset()), z()
    assert scale_map.float32_is_exact
    for dtype in (np.float64, np.float32):
        digest = hashlib.sha256()
        for quality in QUALITIES:
            digest.update(scale_map.indices(z_hat, quality, dtype).tobytes())
        print(dtype.__name__, digest.hexdigest())


if __name__ == "__main__":
    main()
