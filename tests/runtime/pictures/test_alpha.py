# SPDX-License-Identifier: Apache-2.0
"""The alpha plane: lossless, small where it is simple, in parts as in one piece, and safe to inflate."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from mezzotint.bitstream import Box
from mezzotint.errors import DamagedFile
from mezzotint.runtime.pictures import Picture, alpha_region, from_boxes, to_boxes
from mezzotint.runtime.pictures.alpha import pack_alpha, unpack_alpha

HEIGHT, WIDTH = 200, 150
DEPTHS = (1, 8, 10, 16)


def planes(depth):
    """By name, (H, W) with all values of the depth where there is room for them."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    most = 2**depth - 1
    disc = (rows - 100) ** 2 + (columns - 70) ** 2 < 3000
    found = {
        "opaque": np.full((HEIGHT, WIDTH), most),
        "one": np.array([[most // 2]]),
        "ramp": columns * most // WIDTH,
        "fall": rows * most // HEIGHT,
        "mask": disc * most,
        "noise": np.random.default_rng(0).integers(0, most, (HEIGHT, WIDTH), endpoint=True),
    }
    return {name: plane.astype(np.uint8 if depth <= 8 else np.uint16) for name, plane in found.items()}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", planes(8))
def test_alpha_is_lossless(name, depth):
    plane = planes(depth)[name]
    boxes = to_boxes(Picture(plane, plane, bit_depth=depth))
    again = from_boxes(boxes, *plane.shape, depth)
    assert again.bit_depth == depth
    assert again.alpha is not None and again.alpha.dtype == plane.dtype
    np.testing.assert_array_equal(again.alpha, plane)
    marker = 2 if depth <= 8 else 3
    most = {"opaque": marker, "one": marker, "ramp": 600, "fall": 600, "mask": 1200}
    assert len(boxes[0].payload) <= most.get(name, plane.nbytes + 100)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", ["opaque", "ramp", "fall", "mask", "noise"])
def test_a_part_is_the_part_of_the_whole(name, depth, monkeypatch):
    monkeypatch.setattr("mezzotint.runtime.pictures.alpha._BAND", 7 * WIDTH)  # borders of bands everywhere
    plane = planes(depth)[name]
    payload = pack_alpha(plane)
    assert pack_alpha(plane) == payload
    for rows in (slice(0, 1), slice(3, 90), slice(HEIGHT - 1, HEIGHT), slice(0, HEIGHT)):
        for columns in (slice(0, WIDTH), slice(0, 1), slice(WIDTH - 2, WIDTH), slice(31, 77)):
            part = alpha_region(payload, HEIGHT, WIDTH, depth, rows, columns)
            assert part.dtype == plane.dtype
            np.testing.assert_array_equal(part, plane[rows, columns])


def test_all_ways_are_read():
    """Each kind, whichever this encoder would choose; docs/format.md 3.3 spelled out."""
    for depth, stored in ((8, "u1"), (16, "<u2")):
        plane = planes(depth)["noise"]
        wide = plane.astype(np.int64)
        ways = {
            1: wide,
            2: np.diff(wide, axis=1, prepend=0),
            3: np.diff(wide, axis=0, prepend=0),
        }
        for kind, values in ways.items():
            content = (values % 2**depth).astype(stored).tobytes()
            payload = bytes([kind]) + zlib.compress(content)
            np.testing.assert_array_equal(unpack_alpha(payload, HEIGHT, WIDTH, depth), plane)
    assert unpack_alpha(b"\0\7", 2, 3, 8).tolist() == [[7] * 3] * 2
    assert unpack_alpha(b"\0\7\1", 2, 3, 16).tolist() == [[263] * 3] * 2


DAMAGED = [
    b"",
    b"\0",
    b"\0\1\2",
    b"\4" + zlib.compress(bytes(12)),
    b"\1" + zlib.compress(bytes(11)),
    b"\1" + zlib.compress(bytes(13)),
    b"\1" + zlib.compress(bytes(10**7)),  # a bomb stops at the declared size
    b"\1" + zlib.compress(bytes(12))[:-1],
    b"\1" + zlib.compress(bytes(12)) + b"x",
    b"\1" + zlib.compress(bytes(12)) + bytes(1 << 17),
    b"\2" + b"not zlib",
    b"\3",
]


@pytest.mark.parametrize("payload", DAMAGED)
def test_damaged_alpha(payload):
    with pytest.raises(DamagedFile, match="alpha"):
        from_boxes((Box(b"ALPH", payload),), 3, 4)


def test_a_deep_plane_needs_two_bytes_a_sample():
    for payload in (b"\0\1", b"\1" + zlib.compress(bytes(12))):
        with pytest.raises(DamagedFile, match="alpha"):
            unpack_alpha(payload, 3, 4, 16)


def test_samples_over_the_depth():
    payload = b"\1" + zlib.compress(np.array([0, 1023, 1024], "<u2").tobytes())
    assert alpha_region(payload, 1, 3, 10, slice(0, 1), slice(0, 2)).tolist() == [[0, 1023]]
    with pytest.raises(DamagedFile, match="over 1023"):
        unpack_alpha(payload, 1, 3, 10)
    with pytest.raises(DamagedFile, match="over 1"):
        unpack_alpha(b"\0\2", 1, 3, 1)


def test_damage_behind_a_part():
    payload = b"\1" + zlib.compress(bytes(10**6))[:-4]
    part = (1000, 1000, 8, slice(0, 3), slice(5, 9))
    assert not alpha_region(payload, *part).any()
    with pytest.raises(DamagedFile, match="alpha"):
        alpha_region(payload, *part, whole=True)
    longer = b"\1" + zlib.compress(bytes(10**6 + 1))
    with pytest.raises(DamagedFile, match="size"):
        alpha_region(longer, *part, whole=True)


def test_memory_is_that_of_the_part():
    side = 6000
    plane = np.zeros((side, side), np.uint8)
    plane[::7, 3::11] = 255
    payload = pack_alpha(plane)
    tracemalloc.start()
    try:
        part = alpha_region(payload, side, side, 8, slice(side - 64, side), slice(0, 64))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(part, plane[-64:, :64])
    assert peak < 8 << 20  # of the 36 MB that the plane has
