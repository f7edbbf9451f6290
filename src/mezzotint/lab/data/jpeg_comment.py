# SPDX-License-Identifier: Apache-2.0
"""A comment in a JPEG, with a checksum over the whole file: what rides in it knows that nothing round it was changed.

    SOI | first segment | COM: length 2, magic 4, CRC-32 of the file without these 4, body | all other segments

Segments as ITU-T T.81, annex B, has them. JFIF wants to be the first segment, so the comment is the second. The trap: a
comment holds 65533 bytes at most, magic and checksum among them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile, NotMezzotint

START, COMMENT, SCAN = 0xD8, 0xFE, 0xDA
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of frame headers
LONGEST = 65533 - 8  # of a body


class Found(NamedTuple):
    """A comment's body, and the sides in pixels that the JPEG itself states."""

    body: bytes
    height: int
    width: int


def write(jpeg: bytes, magic: bytes, body: bytes) -> bytes:
    """``jpeg``, as a program wrote it, with the comment; ``magic`` has four bytes."""
    if len(body) > LONGEST:
        raise ValueError(f"a comment of {len(body)} bytes: give {LONGEST} at most")
    at = 4 + int.from_bytes(jpeg[4:6], "big")
    length = 2 + len(magic) + 4 + len(body)
    segment = bytes([0xFF, COMMENT]) + length.to_bytes(2, "big") + magic + bytes(4) + body
    whole = jpeg[:at] + segment + jpeg[at:]
    place = at + 4 + len(magic)
    return whole[:place] + _checksum(whole, place) + whole[place + 4 :]


def read(data: bytes, magic: bytes) -> Found:
    """NotMezzotint for what is no JPEG and for one without a comment of this magic; DamagedFile for a changed one."""
    found: list[int] = []
    sides = b""
    length = 0
    for marker, place, size in _segments(data):
        if marker == COMMENT and data[place : place + 4] == magic:
            found.append(place)
            length = size
        elif marker in FRAMES:
            sides = data[place + 1 : place + 5]
    if not found:
        raise NotMezzotint("this JPEG has no comment of the lab", "open it with an image viewer")
    place = found[-1] + 4
    if length < 8 or len(sides) < 4 or data[place : place + 4] != _checksum(data, place):
        raise DamagedFile("the checksum of a comment does not fit its JPEG")
    body = data[place + 4 : found[-1] + length]
    return Found(body, int.from_bytes(sides[:2], "big"), int.from_bytes(sides[2:], "big"))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, place, length) of what every segment holds, up to the scan."""
    if data[:2] != bytes([0xFF, START]):
        raise NotMezzotint("these bytes are no JPEG", "give what the system's compress returned")
    reader = Reader(data, DamagedFile)
    reader.take(2, "the start")
    marker = 0
    while marker != SCAN:
        if reader.unsigned(1, "a marker") != 0xFF:
            raise DamagedFile("a JPEG has no marker where a segment begins")
        marker = reader.unsigned(1, "a marker")
        length = int.from_bytes(reader.take(2, "a length"), "big") - 2
        place = reader.position
        reader.take(max(length, 0), "a segment")
        yield marker, place, length


def _checksum(data: bytes, place: int) -> bytes:
    """CRC-32 of all but the four bytes at ``place``."""
    return zlib.crc32(data[place + 4 :], zlib.crc32(data[:place])).to_bytes(4, "little")
