# SPDX-License-Identifier: Apache-2.0
"""The default limits, and those of Pillow: headers alone declare what is below, at and above them.

A header that is let through has nothing behind it, so that another error comes: any but LimitExceeded is right. What is
to be encoded is one row or one pixel that numpy repeats, so that nothing here is large.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import mezzotint
import mezzotint.pillow
from attacks.limits.probes import Probe, coded, declared, mzt, opened, under
from mezzotint.bitstream import EXIF, ICC, XMP, Header, Limits, read_header, varint
from mezzotint.bitstream.header import pack_preamble
from mezzotint.bitstream.limits import NO_LIMIT
from mezzotint.errors import DamagedFile, LimitExceeded, TruncatedFile

LONG = Limits(max_side=NO_LIMIT)  # for numbers that are no product of two short sides
WARNED, REFUSED = 89_478_485, 178_956_970  # pixels that Pillow takes without a warning, and at all
OVER = (LimitExceeded,)


def defaults(folder: Path) -> Iterator[Probe]:
    yield from _sizes()
    yield from _metadata()
    yield from _pictures(folder)
    yield from _of_pillow()


def _sizes() -> Iterator[Probe]:
    """What a header alone says."""
    for width, over in ((2**28 - 1, False), (2**28, False), (2**28 + 1, True)):
        yield _probe(
            "max_pixels", f"{width}x1", partial(read_header, _file(width, 1, layer_count=1), LONG), over
        )
    for width, height, over in ((16383, 16385, False), (16384, 16384, False), (16384, 16385, True)):
        yield _probe("max_pixels", f"{width}x{height}", partial(_decode, _file(width, height)), over)
    for width, over in ((2**23, False), (2**23 + 1, True)):  # 64 rows once padded, and 2^29 are granted
        yield _probe("max_pixels", f"{width}x1 padded", partial(_decode, _file(width, 1), LONG), over)
    for side, over in ((32767, False), (32768, False), (32769, True)):
        for width, height in ((side, 1), (1, side)):
            yield _probe("max_side", f"{width}x{height}", partial(_decode, _file(width, height)), over)
    for boxes, over in ((63, False), (64, False), (65, True)):
        yield _probe("max_boxes", f"{boxes} boxes", partial(_decode, _file(64, 64, boxes=boxes)), over)
    for tiles, over in ((2**20 - 1, False), (2**20, False), (2**20 + 1, True)):
        data = _file(64 * tiles, 1, tile_log2=6, layer_count=1)
        yield _probe("max_chunks", f"{tiles} chunks", partial(read_header, data, LONG), over)
    for width, over in ((4032, False), (4096, False), (4160, True)):
        data = _file(width, 4096, tile_log2=13)
        yield _probe("max_tile_pixels", f"a tile of {width}x4096", partial(_decode, data), over)
    for most in (2**20, 2**29):
        data = _file(16384, 16384)
        yield _probe("max_memory", f"{most} bytes", partial(_decode, data, Limits(max_memory=most)), True)


def _metadata() -> Iterator[Probe]:
    """Boxes that are really there: 16 MiB, and 4 MiB of a profile (docs/format.md 3.1)."""
    for tag, most in ((EXIF, 2**24), (XMP, 2**24), (b"note", 2**24), (ICC, 2**22)):
        for size in (most - 1, most, most + 1):
            field = "max_box_bytes" if tag == b"note" else ""  # where it is the format's, nobody can raise it
            yield _probe(field, f"{tag!r} of {size}", partial(_decode, _boxed(tag, size)), size > most)


def _pictures(folder: Path) -> Iterator[Probe]:
    """What is to be encoded."""
    grey = np.zeros((1, 1), np.uint8)
    for height, width, over in ((1, 32767, False), (1, 32768, False), (1, 32769, True), (32769, 1, True)):
        work = partial(_encode, np.broadcast_to(grey, (height, width)))
        yield _probe("max_side", f"to encode {width}x{height}", work, over)
    for lossless in (False, True):
        pixels = np.broadcast_to(np.zeros((1, 1, 3), np.uint16), (16385, 16384, 3))
        yield _probe("max_pixels", f"to encode, {lossless=}", partial(_encode, pixels, lossless), True)
    yield _probe("max_side", "an image", lambda: mezzotint.encode(Image.new("1", (32769, 1))), True)
    for width, height, field in ((16384, 16385, "max_pixels"), (32769, 2, "max_side")):
        path = folder / f"{width}.png"
        path.write_bytes(_png(width, height))
        command = ["encode", str(path), str(folder / "never.mzt")]
        yield _probe(field, f"mzt encode of {width}x{height}", partial(mzt, command, Limits()), True)


def _of_pillow() -> Iterator[Probe]:
    """Pillow's own numbers go on working, and to lift them lifts ours, but not those that somebody has set."""
    cases = (
        (WARNED, ()), (WARNED + 1, (Image.DecompressionBombWarning,)),
        (REFUSED, (Image.DecompressionBombWarning,)), (REFUSED + 1, (Image.DecompressionBombError,)),
    )  # fmt: skip
    for pixels, refusals in cases:
        yield Probe("", f"Pillow, {pixels} pixels", partial(_opening, _file(pixels, 1), LONG), refusals)
    wide, data = _file(40000, 40000), coded(lossless=True)
    lifted = partial(_lifted, None)
    yield Probe("", "Pillow, no limit", partial(lifted, partial(_opening, wide)))
    higher = _file(30000, 30000)
    yield Probe("", "Pillow, a higher limit", partial(_lifted, 900_000_000, partial(_opening, higher)))
    yield _probe(
        "max_pixels", "Pillow, half of it", partial(_lifted, 449_999_999, partial(_opening, higher)), True
    )
    has = declared(data, decoding=True)
    for field in ("max_pixels", "max_side", "max_tile_pixels"):
        limits = replace(Limits(), **{field: has[field] - 1})
        work = partial(lifted, partial(under, lambda: opened(data).load(), limits))
        yield _probe(field, "Pillow, ours alone", work, True)


def _probe(field: str, what: str, work: Callable[[], object], over: bool) -> Probe:
    return Probe(field, what, work, OVER if over else ())


def _decode(data: bytes, limits: Limits | None = None) -> None:
    """The body is missing: whoever is let through learns that."""
    with suppress(TruncatedFile, DamagedFile):
        mezzotint.decode(data, limits=limits)


def _encode(pixels: NDArray[np.uint8 | np.uint16], lossless: bool = True) -> bytes:
    return mezzotint.encode(pixels, lossless=lossless)


def _opening(data: bytes, limits: Limits | None = None) -> object:
    return under(lambda: opened(data), limits or Limits())


def _lifted(most: int | None, work: Callable[[], object]) -> object:
    """With another MAX_IMAGE_PIXELS."""
    kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, most
    try:
        return work()
    finally:
        Image.MAX_IMAGE_PIXELS = kept


# -- files ------------------------------------------------------------------------------------------------


def _header(width: int, height: int, tile_log2: int = 10, layer_count: int = 5) -> Header:
    sound = read_header(coded(lossless=True))
    return replace(sound, width=width, height=height, tile_log2=tile_log2, layer_count=layer_count)


def _file(width: int, height: int, tile_log2: int = 10, layer_count: int = 5, boxes: int = 0) -> bytes:
    """A header, and nothing behind it."""
    return pack_preamble(_header(width, height, tile_log2, layer_count), boxes, 0)


def _boxed(tag: bytes, size: int) -> bytes:
    """A header and one box of zeros, with the right checksums."""
    payload = bytes(size)
    checksum = zlib.crc32(payload, zlib.crc32(tag)).to_bytes(4, "little")
    head = tag + varint.pack(size) + checksum
    return b"".join([pack_preamble(_header(64, 64), 1, len(head) + size), head, payload])


def _png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and then ends."""

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    shape = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", shape) + chunk(b"IDAT", b"")
