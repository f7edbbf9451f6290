# SPDX-License-Identifier: Apache-2.0
"""Files spelled out with `struct` and `zlib` as docs/format.md says, right in every part but what is told otherwise.

It shares no line with the package, so that it is a second opinion on the layout and can write what the package's own
writer refuses to. Whole golden files are taken apart by the second decoder, which shares nothing either.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import decoder  # tests/second

TESTS = Path(__file__).resolve().parents[1]
GOLDEN = TESTS / "golden"
MODEL_ID = bytes.fromhex("0123456789abcdef")
LOSSY, NEAR, LOSSLESS = 0, 1, 2
ALPHA = 0x10  # added to a mode


class Case(NamedTuple):
    name: str
    data: bytes
    error: str  # class in mezzotint.errors
    says: str  # a part of the message
    met: str = "read"  # by the container; or "decode", or "partial" where the caller asks for what there is of a file
    model: str | None = None  # to decode with; None for files that need none, or whose model is unknown


def varint(value: int) -> bytes:
    out = b""
    while value >> 7:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def longer(value: int) -> bytes:
    """A varint with a byte too many."""
    spelled = varint(value)
    return spelled[:-1] + bytes([spelled[-1] | 128]) + b"\0"


SIX_BYTES = b"\xff" * 5 + b"\x01"
LARGEST = varint(2**35 - 1)


def crc(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))


def box(tag: bytes, payload: bytes, length: int | bytes | None = None) -> bytes:
    if not isinstance(length, bytes):
        length = varint(len(payload) if length is None else length)
    return tag + length + crc(tag + payload) + payload


def entries(chunks: Sequence[bytes]) -> list[bytes]:
    """Of an index."""
    return [varint(len(chunk)) + crc(chunk) for chunk in chunks]


def build(
    *,
    version: int = 0,
    kinds: int = 0x00,  # mode, alpha << 4
    shape: int = 0x63,  # channels, tile_log2 << 4
    depth: int = 8,
    quality: int = 2048,
    layers: int = 2,
    model_id: bytes = MODEL_ID,
    width: int | bytes = 100,  # bytes: a varint spelled by hand
    height: int | bytes = 60,
    total: int | bytes | None = None,
    boxes: Sequence[bytes] = (),
    box_count: int | bytes | None = None,
    chunks: Sequence[bytes] = (b"a", b"bc", b"defg", b"hij"),  # 100x60 in tiles of 64: two tiles
    index: bytes | None = None,
    header_crc: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """A well-formed file unless told otherwise."""
    front = b"\x8dMZ\n" + struct.pack(
        "<BBBBBBBHB", version, kinds, shape, depth, 1, 13, 0x80, quality, layers
    )
    front += model_id
    front += b"".join(side if isinstance(side, bytes) else varint(side) for side in (width, height))
    if index is None:
        index = b"".join(entries(chunks))
    count = len(boxes) if box_count is None else box_count
    count = count if isinstance(count, bytes) else varint(count)
    rest = b"".join(boxes) + index + b"".join(chunks)
    if total is None:
        total = len(front) + 1 + len(count) + 4 + len(rest)
        total += total > 127
        total += total > 16383  # three bytes of total length are enough for every file here
    header = front + (total if isinstance(total, bytes) else varint(total)) + count
    return header + (header_crc or crc(header)) + rest + tail


# -- without a model --------------------------------------------------------------------------------------


@cache
def frozen_id() -> bytes:
    """Of the numbers of lossless coding, as the golden files have it."""
    return (GOLDEN / "exact" / "1x1.mzt").read_bytes()[14:22]


def lossless(chunks: Sequence[bytes], width: int, height: int, channels: int = 1, **changes: Any) -> bytes:
    """A file without loss, of one tile, as tiles have at most 1024 pixels a side; grey unless told otherwise."""
    usual: dict[str, Any] = {"kinds": LOSSLESS, "quality": 0, "layers": 5, "model_id": frozen_id()}
    usual |= {"shape": 0xA0 | channels, "chunks": chunks, "width": width, "height": height}
    return build(**usual | changes)


PIXEL = (b"\0\x80", b"", b"", b"", b"")  # the chunks of one grey pixel


# -- golden files, and what is changed in them ------------------------------------------------------------


@cache
def taken_apart(name: str, folder: str = "streams") -> decoder.File:
    """A golden file by the second decoder: not to be changed."""
    return decoder.parse((GOLDEN / folder / f"{name}.mzt").read_bytes())


def again(name: str, folder: str = "streams", **changes: Any) -> bytes:
    """A golden file, but for what is told; lengths and checksums fit again."""
    file = taken_apart(name, folder)
    usual = {
        "kinds": file.mode | file.alpha << 4,
        "shape": file.channels | (file.tile.bit_length() - 1) << 4,
        **{key: getattr(file, key) for key in ("depth", "quality", "layers", "model_id", "width", "height")},
        "boxes": [box(*parts) for parts in file.boxes],
        "chunks": [chunk for layer in file.chunks for chunk in layer],
    }
    return build(**usual | changes)


def with_chunk(name: str, place: int, change: Callable[[bytes], bytes], folder: str = "streams") -> bytes:
    """A golden file in which one chunk, counted through all layers, is another."""
    chunks = [chunk for layer in taken_apart(name, folder).chunks for chunk in layer]
    chunks[place] = change(chunks[place])
    return again(name, folder, chunks=chunks)


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)
