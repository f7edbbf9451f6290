# SPDX-License-Identifier: Apache-2.0
"""Files to refuse for their boxes, their index or a chunk's checksum (docs/format.md 3.2, 4 and 5).

Boxes are no more than tag, length and payload here; what must hold inside of `ALPH` is in refuse_alpha.py.
"""

from __future__ import annotations

from typing import Any

from refuse_build import (
    ALPHA,
    LARGEST,
    LOSSLESS,
    PIXEL,
    SIX_BYTES,
    Case,
    box,
    build,
    crc,
    entries,
    flipped,
    longer,
    lossless,
    varint,
)


def cases() -> list[Case]:
    return [
        *_boxes(),
        *_more_boxes(),
        *_index(),
        *_more_index(),
    ]


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


def _pixel(*boxes: bytes, **changes: Any) -> bytes:
    return lossless(PIXEL, 1, 1, boxes=boxes, **changes)


def _more_boxes() -> list[Case]:
    note, icc = box(b"note", b"more"), box(b"iCCP", b"profile")
    damaged = [
        *((f"tag-begins-{first:02x}", _pixel(box(bytes([first]) + b"abc", b"")), "impossible tag")
          for first in (0x40, 0x5B, 0x60, 0x7B, 0xC9)),  # beside A to Z and a to z, and a letter of Latin-1
        *((f"tag-holds-{byte:02x}", _pixel(box(b"ab" + bytes([byte]) + b"d", b"")), "impossible tag")
          for byte in (0x1F, 0x7F, 0x80)),
        *((f"twice-{name}", _pixel(box(tag, b"1"), note, box(tag, b"2")), f"'{tag.decode()}' comes 2 times")
          for name, tag in (("exif", b"eXIF"), ("xmp", b"xMP "))),
        ("three-times-icc", _pixel(icc, icc, icc), "'iCCP' comes 3 times"),
        ("checksum-of-ignorable", _pixel(flipped(note, 8 * 12)), "checksum of the box 'note'"),
        ("checksum-without-tag", _pixel(b"note\4" + crc(b"more") + b"more"), "checksum of the box 'note'"),
        ("checksum-zero", _pixel(b"iCCP\0" + bytes(4)), "checksum of the box 'iCCP'"),
        ("length-not-shortest", _pixel(box(b"note", b"more", longer(4))), "shortest"),
        ("length-six-bytes", _pixel(box(b"note", b"more", SIX_BYTES)), "longer than 5"),
        ("length-largest", _pixel(box(b"note", b"more", LARGEST)), "needs 34359738367 bytes"),
        ("length-one-less", _pixel(box(b"note", b"more", 3)), "checksum of the box 'note'"),
        ("length-one-more", _pixel(box(b"note", b"more", 5)), "checksum of the box 'note'"),
        ("count-one-less", _pixel(icc, note, box_count=1), "bytes of chunks and the file has"),
        ("count-one-more", _pixel(icc, box_count=2), "length of the box"),
        ("alpha-missing-of-none", _pixel(kinds=LOSSLESS | ALPHA), "disagree"),
        ("alpha-as-ignorable", _pixel(box(b"aLPH", b"\0\7"), kinds=LOSSLESS | ALPHA), "disagree"),
    ]  # fmt: skip
    unknown = [("exif-in-capitals", b"EXIF"), ("icc-in-capitals", b"ICCP"), ("single-capital", b"X   "),
               ("alpha-in-small-letters", b"Alph")]  # fmt: skip
    return [
        *(Case(f"box-{name}", data, "DamagedFile", says) for name, data, says in damaged),
        *(Case(f"box-{name}", _pixel(note, box(tag, b"?")), "UnsupportedMode", f"'{tag.decode()}'")
          for name, tag in unknown),
    ]  # fmt: skip


# -- the index --------------------------------------------------------------------------------------------


def _index() -> list[Case]:
    chunks = (b"a", b"bc", b"defg", b"hij")
    parts = entries(chunks)
    first = parts[0]
    damaged = [
        ("million-chunks", build(width=2**14, height=2**14, layers=15), "an index of 983040 chunks"),
        ("does-not-fit", build(layers=15), "an index of 30 chunks"),
        ("chunk-4-gb", build(index=varint(2**32 - 1) + first[1:] + b"".join(parts[1:])), "4294967304 bytes"),
        ("hole", build(tail=b"\0", total=len(build()) + 1), "10 bytes of chunks and the file has 11"),
        ("overlap", build(index=b"\x02" + first[1:] + b"".join(parts[1:])), "11 bytes of chunks"),
        ("length-not-shortest", build(index=b"\x81\0" + first[1:] + b"".join(parts[1:])), "shortest"),
        ("chunk-flipped", build()[:-1] + b"x", "layer 1, tile 1"),
        ("chunk-first-flipped", build()[:-10] + b"A" + build()[-9:], "layer 0, tile 0"),
        (
            "tiles-exchanged",
            build(index=b"".join(parts), chunks=(b"bc", b"a", *chunks[2:])),
            "layer 0, tile 0",
        ),
        ("layers-exchanged", build(index=b"".join(parts), chunks=chunks[2:] + chunks[:2]), "layer 0, tile 0"),
        ("checksum", build(index=b"".join([*parts[:3], b"\x03" + bytes(4)])), "layer 1, tile 1"),
    ]
    return [Case(f"index-{name}", data, "DamagedFile", says) for name, data, says in damaged]


def _more_index() -> list[Case]:
    """In a file of five layers, whose last three are empty."""
    chunks = (b"layer 0", b"layer 1", b"", b"", b"")
    parts = entries(chunks)

    def index(place: int, entry: bytes) -> bytes:
        changed = [*parts[:place], entry, *parts[place + 1 :]]
        return lossless(chunks, 64, 64, index=b"".join(changed))

    damaged = [
        *((f"layer-{k}-checksum", index(k, parts[k][:1] + flipped(parts[k][1:], 8 * k)), f"layer {k}, tile 0")
          for k in range(4)),  # that of an empty chunk is 0, and must be
        ("last-length-not-shortest", index(4, b"\x80\0" + bytes(4)), "shortest"),
        ("last-length-six-bytes", index(4, SIX_BYTES + bytes(4)), "longer than 5"),
        ("length-largest", index(0, LARGEST + parts[0][1:]), "34359738374 bytes"),
        ("length-wraps-32-bits", index(1, varint(7 + 2**32) + parts[1][1:]), "4294967310 bytes"),
        ("lengths-exchange-a-byte", lossless(chunks, 64, 64, index=b"\6" + parts[0][1:] + b"\x08"
                                             + b"".join(parts)[6:]), "layer 0, tile 0"),
        ("one-entry-less", lossless(chunks, 64, 64, index=b"".join(parts[:4])), "and the file has"),
        ("one-entry-more", lossless(chunks, 64, 64, index=b"".join([*parts, parts[4]])), "and the file has 19"),
        ("empty", lossless(chunks, 64, 64, index=b""), "an index of 5 chunks"),
        ("alone-cut", lossless((), 64, 64, index=b"".join(parts)[:-1]), "an index of 5 chunks"),
        ("checksums-exchanged", lossless(chunks, 64, 64, index=b"\7" + parts[1][1:] + b"\7" + parts[0][1:]
                                         + b"".join(parts[2:])), "layer 0, tile 0"),
    ]  # fmt: skip
    return [Case(f"index-{name}", data, "DamagedFile", says) for name, data, says in damaged]
