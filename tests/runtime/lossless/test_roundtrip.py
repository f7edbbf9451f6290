# SPDX-License-Identifier: Apache-2.0
"""Every size, depth and kind of picture comes back exactly, or as exactly as its bound says."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.errors import UsageError
from mezzotint.runtime.lossless import LAYERS, decode_tile, encode_tile

KINDS = ("noise", "flat", "top", "extremes", "slope", "photo", "cards")
DEPTHS = (1, 8, 10, 12, 16)


def worst(pixels, bit_depth, max_error):
    """The largest error of a round trip."""
    chunks = encode_tile(pixels, bit_depth, max_error)
    assert len(chunks) == LAYERS and all(isinstance(chunk, bytes) for chunk in chunks)
    back = decode_tile(chunks, pixels.shape, bit_depth, max_error)
    assert back.shape == pixels.shape and back.dtype == (np.uint8 if bit_depth <= 8 else np.uint16)
    assert int(back.max()) < 1 << bit_depth
    return int(np.abs(back.astype(np.int64) - pixels).max())


@pytest.mark.parametrize("side", range(1, 18))
def test_small_sizes(scenes, side):
    for number, shape in enumerate([(side, side, 3), (side, 18 - side), (1, side, 3), (side, 1), (side, 17)]):
        kind = KINDS[(side + number) % len(KINDS)]
        assert worst(scenes.make(kind, shape, 8), 8, 0) == 0


@pytest.mark.slow
@pytest.mark.parametrize("height", range(1, 18))
@pytest.mark.parametrize("channels", [(), (3,)])
def test_all_sizes(scenes, height, channels):
    for width in range(1, 18):
        for number, depth in enumerate(DEPTHS):
            kind = KINDS[(height + width + number) % len(KINDS)]
            pixels = scenes.make(kind, (height, width, *channels), depth)
            bound = min((0, 1, 2, 7, 100)[(width + number) % 5], (1 << depth) - 1)
            assert worst(pixels, depth, bound) <= bound


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_and_depths(scenes, kind, depth):
    assert worst(scenes.make(kind, (37, 22, 3), depth), depth, 0) == 0
    assert worst(scenes.make(kind, (22, 37), depth), depth, 0) == 0


@pytest.mark.parametrize("bound", [1, 2, 7, 100, 4095])
@pytest.mark.parametrize("depth", [8, 12, 16])
def test_bounds_hold_and_are_used(scenes, depth, bound):
    if bound < 1 << (depth - 5):  # else some other way of coding may be both smaller and exact
        assert worst(scenes.make("photo", (60, 41, 3), depth), depth, bound) == bound
    for kind in ("noise", "extremes", "top", "slope", "photo"):
        assert worst(scenes.make(kind, (30, 41, 3), depth), depth, bound) <= bound


def test_several_strips(scenes):
    # More than STRIP_CELLS in a pass, an odd number of rows in the last strip.
    pixels = np.tile(scenes.make("photo", (50, 64), 8), (17, 8))[:811, :497]
    assert worst(pixels, 8, 0) == 0


def test_longest_sides():
    row = np.add.accumulate(np.arange(1 << 15, dtype=np.uint8) % 3 * 5 % 7).astype(np.uint8)
    assert worst(np.stack([row, row[::-1]]), 8, 0) == 0
    assert worst(row[:, None].repeat(3, 1)[:, None], 8, 2) <= 2


def test_loose_types():
    pixels = np.arange(35, dtype=np.uint16).reshape(5, 7)  # sixteen bits that need six
    assert worst(pixels, 6, 0) == 0
    view = np.arange(5 * 7 * 6, dtype=np.uint8).reshape(5, 7, 6)[::-1, :, ::2]
    assert worst(view, 8, 0) == 0


@pytest.mark.parametrize(
    ("pixels", "depth", "bound"),
    [
        (np.zeros((4, 4), np.int32), 8, 0),
        (np.zeros((4, 4, 4), np.uint8), 8, 0),
        (np.zeros((4, 4, 1), np.uint8), 8, 0),
        (np.zeros((0, 4), np.uint8), 8, 0),
        (np.full((4, 4), 4, np.uint8), 2, 0),
        (np.zeros((4, 4), np.uint8), 0, 0),
        (np.zeros((4, 4), np.uint16), 17, 0),
        (np.zeros((4, 4), np.uint8), 8, -1),
        (np.zeros((4, 4), np.uint8), 8, 4096),
    ],
)
def test_refused(pixels, depth, bound):
    with pytest.raises(UsageError):
        encode_tile(pixels, depth, bound)


def test_a_photo_becomes_smaller(scenes):
    pixels = scenes.make("photo", (96, 96, 3), 8)
    sizes = [sum(map(len, encode_tile(pixels, 8, bound))) for bound in (0, 1, 2, 7)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] < pixels.size * 5 / 8 and sizes[3] < sizes[0] / 3
