# SPDX-License-Identifier: Apache-2.0
"""EXIF made by hand, so that every offset is known; Pillow's own writer would put its parts where it likes."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

Entry = tuple[int, int, bytes]  # tag, type, the bytes of its value
MakeExif = Callable[..., bytes]

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
THUMBNAIL = b"\xff\xd8" + bytes(range(1, 101)) + b"\xff\xd9"
PLACE = b"a secret place"


def _directory(order: str, at: int, entries: list[Entry], following: int = 0) -> bytes:
    """A directory that begins at `at`, with its values right behind it; `following` is the next one's offset."""
    values = b""
    rows = b""
    for tag, kind, value in entries:
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack(order + "I", at + 2 + 12 * len(entries) + 4 + len(values))
            values += value
        rows += struct.pack(order + "HHI", tag, kind, len(value) // SIZES[kind]) + field
    return struct.pack(order + "H", len(entries)) + rows + struct.pack(order + "I", following) + values


def _exif(
    order: str = "<", orientation: int = 6, kind: int = 3, thumbnail: bytes = THUMBNAIL, tail: bytes = b""
) -> bytes:
    """EXIF with camera, orientation, exposure, GPS and, behind all that, a thumbnail and `tail`."""
    number = {3: "H", 4: "I"}[kind]

    def pointer(at: int) -> bytes:
        return struct.pack(order + "I", at)

    def parts(exif_at: int, gps_at: int, next_at: int) -> list[bytes]:
        root = [
            (0x010F, 2, b"a camera maker\0"),
            (0x0112, kind, struct.pack(order + number, orientation)),
            (0x8769, 4, pointer(exif_at)),
            (0x8825, 4, pointer(gps_at)),
        ]
        exposure = [
            (0x829A, 5, struct.pack(order + "II", 1, 250)),
            (0x927C, 7, b"a maker note of 27 bytes..."),
        ]
        gps = [
            (0x0001, 2, b"N\0"),
            (0x001B, 7, PLACE),
            (0x0002, 5, struct.pack(order + "6I", *range(11, 17))),
        ]
        where = next_at + 2 + 3 * 12 + 4
        small = [(0x0103, 3, struct.pack(order + "H", 6)), (0x0201, 4, pointer(where))]
        small.append((0x0202, 4, pointer(len(thumbnail))))
        return [
            _directory(order, 8, root, next_at if thumbnail else 0),
            _directory(order, exif_at, exposure),
            _directory(order, gps_at, gps),
            _directory(order, next_at, small) + thumbnail if thumbnail else b"",
        ]

    places = [8]
    for part in parts(0, 0, 0):
        places.append(places[-1] + len(part))
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + pointer(8)
    return head + b"".join(parts(*places[1:4])) + tail


@pytest.fixture(scope="session")
def make_exif() -> MakeExif:
    return _exif


@pytest.fixture(scope="session")
def place() -> bytes:
    """What the GPS directory of `make_exif` tells."""
    return PLACE


@pytest.fixture(scope="session")
def thumbnail() -> bytes:
    return THUMBNAIL
