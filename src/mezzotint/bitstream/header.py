# SPDX-License-Identifier: Apache-2.0
"""The first 34 or so bytes of a file, there and back (docs/format.md 2).

The order of the checks matters: magic and version first, because another version may be laid out in another
way; then the checksum, so that a flipped bit is called damage and not some exotic mode; then the laws of the
fields; then what this release supports; then the reader's limits. Nothing is allocated here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from mezzotint.bitstream import varint
from mezzotint.bitstream.limits import DEFAULT, Limits, hold
from mezzotint.bitstream.reader import Reader
from mezzotint.bitstream.records import Alpha, Colour, Header, Mode
from mezzotint.errors import DamagedFile, NotMezzotint, TruncatedFile, UnsupportedVersion

# The numbers of docs/format.md 2.
MAGIC = b"\x8dMZ\n"  # the high bit breaks in 7-bit and UTF-8 transcoding, the newline in text mode
VERSION = 0
MAX_QUALITY = 4095
FIXED = struct.Struct("<BBBBBBHB8s")  # the fields between the version and the varints
CRC_SIZE = 4
MAX_PREAMBLE_SIZE = len(MAGIC) + 1 + FIXED.size + 4 * varint.MAX_SIZE + CRC_SIZE  # enough for `read_header`
_AGAIN = "copy or download the file again, in binary mode"  # without a header, nothing can be salvaged
MODE_NAMES = {Mode.LOSSY: "lossy", Mode.NEAR_LOSSLESS: "near-lossless", Mode.LOSSLESS: "lossless"}


@dataclass(frozen=True)
class Preamble:
    """The header, and what the container needs to go on."""

    header: Header
    box_count: int
    total_length: int  # of the whole file
    size: int  # of the header itself, checksum included


def broken_law(header: Header) -> str | None:
    """What is impossible about these fields, if anything (docs/format.md 2.1)."""
    colour = header.colour
    laws = (
        (header.channels in (1, 3), f"{header.channels} channels, where only 1 and 3 exist"),
        (6 <= header.tile_log2 <= 15, f"tiles of 2^{header.tile_log2} pixels, where only 2^6..2^15 exist"),
        (1 <= header.bit_depth <= 16, f"a bit depth of {header.bit_depth}, where only 1..16 exist"),
        (0 <= header.quality <= MAX_QUALITY, f"quality {header.quality}, where only 0..{MAX_QUALITY} exist"),
        (1 <= header.layer_count <= 15, f"{header.layer_count} layers, where only 1..15 exist"),
        (len(header.model_id) == 8, f"a model id of {len(header.model_id)} bytes instead of 8"),
        (header.mode in MODE_NAMES, f"mode {int(header.mode)}, where only 0..2 exist"),
        (
            header.alpha in (Alpha.NONE, Alpha.STRAIGHT),
            f"alpha kind {int(header.alpha)}, where only 0..1 exist",
        ),
        (0 <= colour.primaries <= 255 and 0 <= colour.transfer <= 255, "a colour code point beyond 255"),
        (0 <= colour.matrix <= 127, f"matrix coefficients {colour.matrix}, where only 0..127 exist"),
        (0 < header.width < varint.LIMIT, f"a width of {header.width}"),
        (0 < header.height < varint.LIMIT, f"a height of {header.height}"),
        (
            header.mode != Mode.LOSSLESS or header.quality == 0,
            f"lossless mode and quality {header.quality}, where only 0 exists",
        ),
        (
            header.mode != Mode.NEAR_LOSSLESS or 0 < header.quality < 1 << header.bit_depth,
            f"near-lossless mode and a largest error of {header.quality} for {header.bit_depth} bits",
        ),
    )
    return next((text for holds, text in laws if not holds), None)


def check_supported(header: Header) -> None:
    """Refuse by name what the format reserves and this release cannot do."""
    if header.version != VERSION:
        raise UnsupportedVersion(
            f"the file has format version {header.version}, this release reads {VERSION}"
        )


def check_limits(preamble: Preamble, limits: Limits) -> None:
    """Compare every declared size with what the reader accepts."""
    header, boxes = preamble.header, preamble.box_count
    pixels, side = header.width * header.height, max(header.width, header.height)
    chunks = header.layer_count * header.tile_count
    what = f"a picture of {header.width}x{header.height}"
    declared = (
        ("max_pixels", pixels, f"{what} has more than {limits.max_pixels} pixels"),
        ("max_chunks", chunks, f"the file declares {chunks} chunks, more than {limits.max_chunks}"),
        ("max_side", side, f"{what} has a side over {limits.max_side}"),
        ("max_boxes", boxes, f"the file declares {boxes} boxes, more than {limits.max_boxes}"),
    )
    hold(limits, declared)


def pack_preamble(header: Header, box_count: int, body_size: int) -> bytes:
    """The header's bytes, for a file with `body_size` bytes behind it."""
    check_supported(header)
    if problem := broken_law(header):
        raise ValueError(f"the header has {problem}")
    colour = header.colour
    fixed = FIXED.pack(
        header.mode | header.alpha << 4,
        header.channels | header.tile_log2 << 4,
        header.bit_depth,
        colour.primaries,
        colour.transfer,
        colour.matrix | colour.full_range << 7,
        header.quality,
        header.layer_count,
        header.model_id,
    )
    front = MAGIC + bytes([header.version]) + fixed + varint.pack(header.width) + varint.pack(header.height)
    back = varint.pack(box_count)
    # The total length counts its own bytes: take the shortest spelling that is true.
    known = len(front) + len(back) + CRC_SIZE + body_size
    totals = (known + count for count in range(1, varint.MAX_SIZE + 1) if varint.size(known + count) == count)
    out = front + varint.pack(next(totals)) + back
    return out + zlib.crc32(out).to_bytes(CRC_SIZE, "little")


def unpack_preamble(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT) -> Preamble:
    """Read and check the header; `data` may be any prefix of the file that holds it."""
    reader = Reader(data, past_end=TruncatedFile)
    start = bytes(reader.take(min(reader.left, len(MAGIC)), "the magic"))
    if not start:
        raise NotMezzotint("the file is empty")
    if not MAGIC.startswith(start):
        raise NotMezzotint("the file does not begin as a .mzt file does")
    if len(start) < len(MAGIC):
        raise TruncatedFile("the file ends inside its first four bytes")
    version = reader.unsigned(1, "the version")
    if version != VERSION:
        raise UnsupportedVersion(f"the file has format version {version}, this release reads {VERSION}")
    fixed = FIXED.unpack(reader.take(FIXED.size, "the header"))
    width, height = reader.varint("the width"), reader.varint("the height")
    total_length, box_count = reader.varint("the total length"), reader.varint("the number of boxes")
    checked = memoryview(data).cast("B")[: reader.position]
    if reader.unsigned(CRC_SIZE, "the header") != zlib.crc32(checked):
        raise DamagedFile("the header's checksum does not match", _AGAIN)
    header = _header(fixed, width, height)
    preamble = Preamble(header, box_count, total_length, reader.position)
    check_supported(header)
    check_limits(preamble, limits)
    return preamble


def _header(fixed: tuple[int, int, int, int, int, int, int, int, bytes], width: int, height: int) -> Header:
    """Fields to record; DamagedFile for values that do not exist."""
    kinds, shape, bit_depth, primaries, transfer, matrix, quality, layer_count, model_id = fixed
    if kinds & 15 not in MODE_NAMES or kinds >> 4 > Alpha.STRAIGHT:
        what = f"the header has mode {kinds & 15} and alpha kind {kinds >> 4}, which do not exist"
        raise DamagedFile(what, _AGAIN)
    header = Header(
        width=width,
        height=height,
        channels=shape & 15,
        quality=quality,  # over 4095 when a reserved bit is set
        model_id=model_id,
        layer_count=layer_count,
        mode=Mode(kinds & 15),
        alpha=Alpha(kinds >> 4),
        bit_depth=bit_depth,
        colour=Colour(primaries, transfer, matrix & 127, bool(matrix >> 7)),
        tile_log2=shape >> 4,
    )
    if problem := broken_law(header):
        raise DamagedFile(f"the header has {problem}", _AGAIN)
    return header


def read_header(data: bytes | bytearray | memoryview, limits: Limits | None = None) -> Header:
    """The header alone; the first MAX_PREAMBLE_SIZE bytes of a file are enough."""
    return unpack_preamble(data, Limits.given(limits)).header


def read_length(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT) -> int:
    """How many bytes the whole file should have; checks as `read_header` does, and needs no more of it."""
    return unpack_preamble(data, limits).total_length
