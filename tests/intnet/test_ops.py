# SPDX-License-Identifier: Apache-2.0
"""Every operation equals its plain twin, for both signs and at every edge."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.intnet import ops


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 2, 1, 4), (5, 7, 4, 1), (16, 9, 3, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product(plain, shape, dtype):
    rows, channels, height, width = shape
    rng = np.random.default_rng(0)
    weight = rng.integers(-128, 128, (rows, channels))
    z = rng.integers(-127, 128, (channels, height, width))
    found = ops.product(weight.astype(dtype), z.astype(dtype))
    assert found.dtype == dtype
    assert found.tolist() == plain.product(weight.tolist(), z.tolist())


@pytest.mark.parametrize("shape", [(16, 1, 1), (32, 1, 3), (48, 4, 2)])
def test_pixel_shuffle(plain, shape):
    acc = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    found = ops.pixel_shuffle(acc, 4)
    assert found.shape == (shape[0] // 16, 4 * shape[1], 4 * shape[2])
    assert found.tolist() == plain.pixel_shuffle(acc.tolist(), 4)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 5), (2, 5, 1), (3, 4, 8), (1, 2, 2)])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_window(plain, shape, dtype):
    u = np.random.default_rng(1).integers(-(2**26), 2**26, shape).astype(dtype)
    kept = u.copy()
    found = ops.window(u)
    assert found.dtype == dtype
    assert found.tolist() == plain.window(u.tolist())
    assert np.array_equal(u, kept)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("bits", [1, 4, 7, 8])
def test_floor_shift(plain, dtype, bits):
    x = np.arange(-1100, 1100, dtype=dtype)
    assert ops.floor_shift(x, bits).tolist() == [plain.floor_shift(value, bits) for value in x.tolist()]
    assert ops.floor_shift(np.array([-129, -128, -127, 127, 128], dtype), 8).tolist() == [-1, 0, 0, 0, 1]
