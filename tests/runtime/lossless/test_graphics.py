# SPDX-License-Identifier: Apache-2.0
"""Palettes and filtered rows, deflated: smaller for graphics, exact, and no bomb."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless import LAYERS, decode_tile, encode_tile, graphics
from mezzotint.runtime.lossless.residuals import Setting


def drawn(colours, shape=(150, 170)):
    """Bars of so many colours."""
    rng = np.random.default_rng(colours)
    palette = rng.integers(0, 256, (colours, 3)).astype(np.uint8)
    y, x = np.mgrid[: shape[0], : shape[1]]
    return palette[(x // 9 + y // 11 * 5) % colours]


@pytest.mark.parametrize("colours", [1, 2, 3, 4, 5, 16, 17, 250])
def test_few_colours(colours):
    pixels = drawn(colours)
    chunks = encode_tile(pixels, 8, 0)
    assert chunks[0][:1] == b"\1" and not any(chunks[1:])
    assert len(chunks[0]) < 1500 + 3 * colours
    np.testing.assert_array_equal(decode_tile(chunks, pixels.shape, 8, 0), pixels)
    grey = pixels[:, :, 0]
    np.testing.assert_array_equal(decode_tile(encode_tile(grey, 8, 0), grey.shape, 8, 0), grey)


@pytest.mark.parametrize("depth", [8, 16])
def test_many_colours_in_large_parts(depth):
    rng = np.random.default_rng(5)
    few = rng.integers(0, 1 << depth, (20, 30, 3)).astype(np.uint8 if depth == 8 else np.uint16)
    pixels = np.kron(few, np.ones((9, 9, 1), few.dtype))
    chunks = encode_tile(pixels, depth, 0)
    assert chunks[0][:2] == b"\1\0" and len(chunks[0]) < pixels.nbytes / 20
    np.testing.assert_array_equal(decode_tile(chunks, pixels.shape, depth, 0), pixels)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_filters(depth, channels):
    rng = np.random.default_rng(1)
    cube = rng.integers(0, 1 << depth, (23, 9, channels)).astype(np.uint8 if depth == 8 else np.uint16)
    for way in range(5):
        rows = graphics.filtered_rows(cube, way)
        payload = bytes([0]) + zlib.compress(rows)
        shape = cube.shape if channels == 3 else cube.shape[:2]
        back = graphics.unpack(payload, shape, Setting(depth, 0))
        np.testing.assert_array_equal(back.reshape(cube.shape), cube)


def refused(payload, shape=(40, 40, 3), depth=8):
    with pytest.raises(DamagedFile):
        decode_tile([bytes([1]) + payload, *[b""] * (LAYERS - 1)], shape, depth, 0)


def test_wrong_payloads():
    rows = bytes(40 * 121)
    refused(b"")
    refused(b"\3" + zlib.compress(rows))
    refused(b"\0" + zlib.compress(rows[:-1]))
    refused(b"\0" + zlib.compress(rows + b"\0"))
    refused(b"\0" + zlib.compress(rows) + b"\0")
    refused(b"\0" + zlib.compress(rows)[:-1])
    refused(b"\0" + zlib.compress(b"\4" + rows[1:]))  # an unknown filter
    refused(b"\0" + zlib.compress(b"\0\x10" + rows[2:]), depth=4)
    refused(b"\1\0abc" + zlib.compress(b"\0\1" + bytes(40 * 41 - 2)))  # an index behind the palette
    refused(b"\1\1abc")
    with pytest.raises(DamagedFile):
        decode_tile([b"\1\0" + zlib.compress(rows), b"more", b"", b"", b""], (40, 40, 3), 8, 0)
    good = decode_tile([b"\1\0" + zlib.compress(rows), *[b""] * 4], (40, 40, 3), 8, 0)
    assert not good.any()


def test_a_bomb_is_not_inflated():
    bomb = b"\0" + zlib.compress(bytes(1 << 26), 9)
    tracemalloc.start()
    refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22
