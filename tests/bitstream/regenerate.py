# SPDX-License-Identifier: Apache-2.0
"""Files that must be refused, each with its error; `python tests/bitstream/regenerate.py` rewrites them.

The builder below spells docs/format.md out with `struct` and shares no line with the package, so that it is a
second opinion on the layout and can write what the package's own writer refuses to.
Trap: the golden files never follow a change of the code by themselves. Regenerate only when the format changes,
and read the diff of expected.json.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "golden" / "refuse"
MODEL_ID = bytes.fromhex("0123456789abcdef")


def varint(value: int) -> bytes:
    out = b""
    while value >> 7:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def crc(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))


def box(tag: bytes, payload: bytes, length: int | None = None) -> bytes:
    return tag + varint(len(payload) if length is None else length) + crc(tag + payload) + payload


def build(
    *,
    version: int = 0,
    kinds: int = 0x00,  # mode, alpha << 4
    shape: int = 0x63,  # channels, tile_log2 << 4
    depth: int = 8,
    quality: int = 2048,
    layers: int = 2,
    width: int | bytes = 100,  # bytes: a varint spelled by hand
    height: int | bytes = 60,
    total: int | None = None,
    boxes: tuple[bytes, ...] = (),
    box_count: int | None = None,
    chunks: tuple[bytes, ...] = (b"a", b"bc", b"defg", b"hij"),  # 100x60 in tiles of 64: two tiles
    index: bytes | None = None,
    header_crc: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """A well-formed file unless told otherwise."""
    front = b"\x8dMZ\n" + struct.pack(
        "<BBBBBBBHB", version, kinds, shape, depth, 1, 13, 0x80, quality, layers
    )
    front += MODEL_ID
    for side in (width, height):
        front += side if isinstance(side, bytes) else varint(side)
    if index is None:
        index = b"".join(varint(len(chunk)) + crc(chunk) for chunk in chunks)
    count = varint(len(boxes) if box_count is None else box_count)
    rest = b"".join(boxes) + index + b"".join(chunks)
    if total is None:
        total = len(front) + 1 + len(count) + 4 + len(rest)
        total += total > 127  # two bytes of total length are enough for every file here
    header = front + varint(total) + count
    return header + (header_crc or crc(header)) + rest + tail


class Case(NamedTuple):
    name: str
    data: bytes
    error: str  # class in mezzotint.errors
    says: str  # a part of the message


def cases() -> list[Case]:
    """All golden files, by the part of the file that is wrong."""
    return [*_magic(), *_cut(), *_header(), *_limits(), *_boxes(), *_index()]


def _magic() -> list[Case]:
    good = build()
    wrong = "does not begin"
    return [
        Case("empty", b"", "NotMezzotint", "empty"),
        Case("magic-png", b"\x89PNG\r\n\x1a\n" + good, "NotMezzotint", wrong),
        Case("magic-of-a-bundle", b"\x8dMZM" + good[4:], "NotMezzotint", wrong),
        Case("magic-seven-bits", bytes(byte & 127 for byte in good), "NotMezzotint", wrong),
        Case("magic-utf8", good.decode("latin-1").encode(), "NotMezzotint", wrong),
        Case("magic-text-mode", good.replace(b"\n", b"\r\n"), "NotMezzotint", wrong),
        Case("version-1", build(version=1), "UnsupportedVersion", "version 1"),
        Case("version-255", build(version=255), "UnsupportedVersion", "version 255"),
    ]


def _cut() -> list[Case]:
    plain, boxed = build(), build(boxes=(box(b"iCCP", b"profile"),))
    start = len(build(chunks=(), index=b""))  # behind the header
    cuts = [
        ("magic", plain[:3], "first four bytes"),
        ("version", plain[:4], "version"),
        ("fixed-fields", plain[:21], "header"),
        ("width", plain[:22], "width"),
        ("height", plain[:23], "height"),
        ("total-length", plain[:24], "total length"),
        ("header-checksum", plain[: start - 1], "header"),
        ("before-index", plain[:start], f"should have {len(plain)} bytes"),
        ("in-box", boxed[: start + 12], f"should have {len(boxed)} bytes"),
        ("in-index", plain[: start + 7], f"should have {len(plain)} bytes"),
        ("last-byte", plain[:-1], f"should have {len(plain)} bytes"),
    ]
    return [Case(f"cut-{name}", data, "TruncatedFile", says) for name, data, says in cuts]


def _header() -> list[Case]:
    flipped = bytearray(build())
    flipped[13] ^= 4  # inside the model id
    long = varint(2**35 - 1)[:-1] + b"\xff\x01"
    damaged = [
        ("flipped-bit", bytes(flipped), "header's checksum"),
        ("zero-checksum", build(header_crc=bytes(4)), "header's checksum"),
        ("mode-3", build(kinds=0x03), "mode 3"),
        ("alpha-2", build(kinds=0x20), "alpha kind 2"),
        ("channels-0", build(shape=0x60), "0 channels"),
        ("channels-2", build(shape=0x62), "2 channels"),
        ("channels-4", build(shape=0x64), "4 channels"),
        ("tile-5", build(shape=0x53), "2^5"),
        ("depth-0", build(depth=0), "bit depth of 0"),
        ("depth-17", build(depth=17), "bit depth of 17"),
        ("quality-reserved-bit", build(quality=2048 | 1 << 15), "quality 34816"),
        ("layers-0", build(layers=0), "0 layers"),
        ("layers-16", build(layers=16), "16 layers"),
        ("width-0", build(width=0), "width of 0"),
        ("height-0", build(height=0), "height of 0"),
        ("width-not-shortest", build(width=b"\xe4\x00"), "shortest"),
        ("height-six-bytes", build(height=long), "longer than 5"),
        ("total-too-short", build(total=59), "should have 59 bytes"),
        ("trailing-byte", build(tail=b"\0"), "should have"),
        ("two-files", build() + build(), "should have"),
        ("lossless-with-quality", build(kinds=0x02), "lossless mode and quality 2048"),
        ("near-lossless-error-0", build(kinds=0x01, quality=0), "a largest error of 0"),
        ("near-lossless-error-256", build(kinds=0x01, quality=256), "a largest error of 256 for 8 bits"),
        ("near-lossless-error-4-of-2-bits", build(kinds=0x01, quality=4, depth=2), "4 for 2 bits"),
    ]
    return [Case(f"header-{name}", data, "DamagedFile", says) for name, data, says in damaged]


def _limits() -> list[Case]:
    over = [
        ("side", build(width=2**24, height=1), "16777216x1 has a side"),
        ("pixels", build(width=2**14, height=2**14 + 1), "more than 268435456 pixels"),
        ("pixels-wrap-32-bits", build(width=2**16, height=2**16), "more than 268435456 pixels"),
        ("pixels-wrap-64-bits", build(width=2**34, height=2**34), "17179869184x17179869184"),
        ("chunks", build(width=2**24 - 1, height=1, layers=15), "3932160 chunks"),
        ("boxes", build(box_count=65), "65 boxes"),
        ("boxes-4-billion", build(box_count=2**32 - 1), "4294967295 boxes"),
        ("alpha-box", build(kinds=0x10, width=1, height=1, boxes=(box(b"ALPH", bytes(1027)),)), "over 1026"),
    ]
    return [Case(f"limit-{name}", data, "LimitExceeded", says) for name, data, says in over]


def _boxes() -> list[Case]:
    icc, alpha = box(b"iCCP", b"profile"), box(b"ALPH", b"\0plane")
    damaged = [
        ("checksum", build(boxes=(icc[:-1] + b"E",)), "checksum of the box 'iCCP'"),
        ("tag-flipped", build(boxes=(b"I" + icc[1:],)), "checksum of the box 'ICCP'"),
        ("length-past-end", build(boxes=(box(b"iCCP", b"profile", 99),)), "the box 'iCCP' needs 99"),
        ("length-4-gb", build(boxes=(box(b"ALPH", b"plane", 2**32 - 1),), kinds=0x10), "needs 4294967295"),
        ("tag-impossible", build(boxes=(box(b"a\n\0\xff", b""),)), "impossible tag"),
        ("tag-not-a-letter", build(boxes=(box(b"1234", b""),)), "impossible tag"),
        ("twice-icc", build(boxes=(icc, icc)), "'iCCP' comes 2 times"),
        ("twice-alpha", build(boxes=(alpha, icc, alpha), kinds=0x10), "'ALPH' comes 2 times"),
        ("alpha-missing", build(boxes=(icc,), kinds=0x10), "disagree"),
        ("alpha-unexpected", build(boxes=(alpha,)), "disagree"),
        ("count-does-not-fit", build(box_count=60), "60 boxes do not fit"),
    ]
    return [
        *(Case(f"box-{name}", data, "DamagedFile", says) for name, data, says in damaged),
        Case("box-critical-unknown", build(boxes=(box(b"Wavy", b"!"),)), "UnsupportedMode", "'Wavy'"),
    ]


def _index() -> list[Case]:
    chunks = (b"a", b"bc", b"defg", b"hij")
    entries = [varint(len(chunk)) + crc(chunk) for chunk in chunks]
    first = entries[0]
    damaged = [
        ("million-chunks", build(width=2**14, height=2**14, layers=15), "an index of 983040 chunks"),
        ("does-not-fit", build(layers=15), "an index of 30 chunks"),
        (
            "chunk-4-gb",
            build(index=varint(2**32 - 1) + first[1:] + b"".join(entries[1:])),
            "4294967304 bytes",
        ),
        ("hole", build(tail=b"\0", total=len(build()) + 1), "10 bytes of chunks and the file has 11"),
        ("overlap", build(index=b"\x02" + first[1:] + b"".join(entries[1:])), "11 bytes of chunks"),
        ("length-not-shortest", build(index=b"\x81\0" + first[1:] + b"".join(entries[1:])), "shortest"),
        ("chunk-flipped", build()[:-1] + b"x", "layer 1, tile 1"),
        ("chunk-first-flipped", build()[:-10] + b"A" + build()[-9:], "layer 0, tile 0"),
        (
            "tiles-exchanged",
            build(index=b"".join(entries), chunks=(b"bc", b"a", *chunks[2:])),
            "layer 0, tile 0",
        ),
        (
            "layers-exchanged",
            build(index=b"".join(entries), chunks=chunks[2:] + chunks[:2]),
            "layer 0, tile 0",
        ),
        ("checksum", build(index=b"".join([*entries[:3], b"\x03" + bytes(4)])), "layer 1, tile 1"),
    ]
    return [Case(f"index-{name}", data, "DamagedFile", says) for name, data, says in damaged]


def main() -> None:
    for old in FOLDER.glob("*.mzt"):
        old.unlink()
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = {}
    for case in cases():
        (FOLDER / f"{case.name}.mzt").write_bytes(case.data)
        table[f"{case.name}.mzt"] = {"error": case.error, "says": case.says}
    (FOLDER / "expected.json").write_text(json.dumps(table, indent=1, ensure_ascii=True) + "\n", "ascii")
    print(f"{len(table)} files")


if __name__ == "__main__":
    main()
