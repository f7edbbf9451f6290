# SPDX-License-Identifier: Apache-2.0
"""Sound twins of the files to refuse: the same builders, with nothing wrong, and the samples that must come of them.

So what is wrong with a file is what is told of it, and not some mistake of a builder that runs through all of them.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np
from refuse_alpha import SIDE, with_alpha
from refuse_build import NEAR, PIXEL, lossless
from refuse_graphics import FLAT, graphics, rows
from refuse_pass import HEIGHT, WIDTH, Pass, noise, picture, tile


class Sound(NamedTuple):
    name: str
    data: bytes
    colour: np.ndarray  # (H, W) or (H, W, 3)
    alpha: np.ndarray | None = None
    error: int = 0  # how far any sample may be off


def sound() -> list[Sound]:
    return [Sound("pixel", lossless(PIXEL, 1, 1), np.array([[128]])), *_graphics(), *_alpha(), *_lattice()]


def _graphics() -> list[Sound]:
    grey = np.zeros((3, 5), int)
    steps = [b"\1\1\1\1\1\1", b"\2\1\0\0\0\0", b"\3\0\1\0\0\xff"]
    filtered = np.array([[1, 2, 3, 4, 5], [2, 2, 3, 4, 5], [2, 3, 4, 5, 5]])
    words = [b"\0" + struct.pack("<5H", *range(1019, 1024))] * 3
    packed = np.array([[5, 5, 5, 5, 9], [9, 5, 5, 5, 5], [5, 5, 9, 5, 5]])
    bits = rows(b"\0\x08", b"\0\x80", b"\0\x27")  # the lowest three bits of a row are padding
    three = b"\2\2" + bytes(range(9)) + rows(b"\0\x18\0", *[b"\0\0\0"] * 2)
    colours = np.tile([0, 1, 2], (3, 5, 1))
    colours[0, 1:3] = [[3, 4, 5], [6, 7, 8]]
    return [
        Sound("graphics", graphics(b"\0" + rows(*FLAT)), grey),
        Sound("graphics-filters", graphics(b"\0" + rows(*steps)), filtered),
        Sound("graphics-words", graphics(b"\0" + rows(*words), depth=10), grey + range(1019, 1024)),
        Sound("graphics-palette", graphics(b"\1\1\7\xff" + rows(*FLAT)), grey + 7),
        Sound("graphics-packed", graphics(b"\2\1\5\x09" + bits), packed),
        Sound("graphics-colours", graphics(three, 3), colours),
    ]


def _alpha() -> list[Sound]:
    grey, plane = np.zeros((SIDE, SIDE), int), np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    left, above = bytes([0, 1, 1, 1, 4, 1, 1, 1, 8, 1, 1, 1, 12, 1, 1, 1]), bytes([0, 1, 2, 3, *[4] * 12])
    ten = b"\2" + zlib.compress(struct.pack("<4H", 1020, 1, 1, 1) * SIDE)
    return [
        Sound("alpha-constant", with_alpha(b"\0\x1f", 5), grey, grey + 31),
        Sound("alpha-plain", with_alpha(b"\1" + zlib.compress(bytes(range(16)))), grey, plane),
        Sound("alpha-left", with_alpha(b"\2" + zlib.compress(left)), grey, plane),
        Sound("alpha-above", with_alpha(b"\3" + zlib.compress(above)), grey, plane),
        Sound("alpha-deep", with_alpha(ten, 10), grey, grey + range(1020, 1024)),
    ]


def _lattice() -> list[Sound]:
    found = []
    for depth, channels, error in (
        (1, 1, 0),
        (8, 1, 0),
        (8, 3, 0),
        (12, 1, 0),
        (16, 1, 0),
        (8, 1, 3),
        (12, 1, 100),
    ):
        planes = picture(depth, channels)
        changes = {"kinds": NEAR, "quality": error} if error else {}
        data = lossless(tile(planes, depth, error), WIDTH, HEIGHT, channels, depth=depth, **changes)
        colour = np.dstack([planes[k] for k in (1, 0, 2)]) if channels == 3 else planes[0]
        found.append(Sound(f"lattice-{depth}-bits-{channels}-error-{error}", data, colour, None, error))

    def spelled(work: Pass) -> Pass:
        """All that may be said of a pass, and changes nothing."""
        every = b"\0\x24" + work.usual
        return work._replace(head=b"\x3f" + bytes(15) + bytes(15), map=every)

    planes = noise(16)
    found += [
        Sound("lattice-low-bits", lossless(tile(planes, 16), WIDTH, HEIGHT, depth=16), planes[0]),
        Sound("lattice-spelled", lossless(tile(picture(8), 8, 0, 6, spelled), WIDTH, HEIGHT), picture(8)[0]),
    ]
    return found
