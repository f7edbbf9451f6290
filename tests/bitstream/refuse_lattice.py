# SPDX-License-Identifier: Apache-2.0
"""Lossless files to refuse for a lattice tile: its chunks, top level, weights, maps, lengths (docs/format.md 15).

What is wrong with the words themselves is in refuse_residuals.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from refuse_build import LARGEST, PIXEL, SIX_BYTES, Case, longer, lossless, varint
from refuse_pass import DEPTH, EARLY, ENDS, HEIGHT, WIDTH, WORDS, Made, Pass, grey, picture, tile, with_layer

LATE, SPELLED = "is too long", "not spelled as it should be"
WEIGHTS, CORRECTS = "names weights that do not exist", "corrects weights too much"
SCALES, TABLES = "maps scales that do not exist", "names tables that do not exist"


def cases() -> list[Case]:
    parts = (_chunks(), _base(), _weights(), _maps(), _lengths())
    return [
        Case(f"lattice-{name}", data, "DamagedFile", says, "decode")
        for part in parts
        for name, data, says in part
    ]


def _chunks() -> Made:
    """Chunks that are empty, exchanged, cut between passes, or have a byte behind their last pass."""
    chunks = tile(picture(8), 8)
    last = tile(
        picture(8), 8, 0, 8, lambda work: work._replace(head=b"", map=b"", words=b"", plain=b"", lengths=b"")
    )
    found = [
        ("last-pass-missing", last, EARLY),
        ("layers-exchanged", [*chunks[:3], chunks[4], chunks[3]], ENDS),
        ("all-in-layer-0", [b"".join(chunks), b"", b"", b"", b""], EARLY),
    ]
    for layer in (2, 3, 4):
        found.append((f"layer-{layer}-empty", with_layer(chunks, layer, b""), EARLY))
    for layer in range(5):
        found.append((f"layer-{layer}-byte-more", with_layer(chunks, layer, chunks[layer] + b"\0"), LATE))
    flat = [b"\1\0" + zlib.compress((b"\0" + bytes(64)) * HEIGHT), b"", b"", b"", b""]
    two = [
        chunk for pair in zip(flat, with_layer(chunks, 4, chunks[4] + b"\0"), strict=True) for chunk in pair
    ]
    return [
        *((name, lossless(parts, WIDTH, HEIGHT), says) for name, parts, says in found),
        ("second-tile-byte-more", lossless(two, 64 + WIDTH, HEIGHT, shape=0x61), LATE),
        # A picture of one pixel has no pass, so nothing may lie in these.
        ("layer-1-of-a-pixel", lossless(with_layer(PIXEL, 1, b"\0\xff\0\0"), 1, 1), LATE),
        ("layer-4-of-a-pixel", lossless(with_layer(PIXEL, 4, b"\0"), 1, 1), LATE),
    ]


def _base() -> Made:
    """The samples of the top level, which are stored as they are (15.2)."""
    found = [
        ("missing", 8, b"\0", 1, EARLY),
        ("of-three-channels-cut", 8, b"\0\1\2", 3, EARLY),
        ("word-cut", 16, b"\0\1", 1, EARLY),
        ("byte-more", 8, b"\0\x80\x80", 1, LATE),
        ("word-of-8-bits", 8, b"\0\x80\0", 1, LATE),
        ("2-of-1-bit", 1, b"\0\2", 1, DEPTH),
        ("32-of-5-bits", 5, b"\0\x20", 1, DEPTH),
        ("128-of-7-bits-in-red", 7, b"\0\0\x80\0", 3, DEPTH),
        ("512-of-9-bits", 9, b"\0\0\2", 1, DEPTH),
        ("65535-of-15-bits", 15, b"\0\xff\xff", 1, DEPTH),
    ]
    return [
        (f"base-{name}", lossless(with_layer(PIXEL, 0, chunk), 1, 1, channels, depth=depth), says)
        for name, depth, chunk, channels, says in found
    ]


def _weights() -> Made:
    """Sets and corrections."""
    found = [
        *((f"set-{k}", bytes([k]), WEIGHTS) for k in (16, 30)),
        ("reserved-bit-6", b"\x40", WEIGHTS),
        ("reserved-bit-7", b"\x80", WEIGHTS),
        ("reserved-bits-of-each", b"\xdf" + bytes(15), WEIGHTS),
        ("set-of-a-class", b"\x1f" + bytes(14) + b"\x10", WEIGHTS),
        ("set-of-a-class-31", b"\x1f\x1f" + bytes(14), WEIGHTS),
        ("set-of-a-class-with-a-correction-bit", b"\x1f" + bytes(7) + b"\x20" + bytes(7), WEIGHTS),
    ]
    made = [(name, grey(lambda work, h=head: work._replace(head=h)), says) for name, head, says in found]
    made += [
        ("set-beyond-the-last", grey(lambda work: work._replace(head=bytes([work.sets]))), WEIGHTS),
        ("sets-cut", _ending(b"\x1f" + bytes(14)), EARLY),
        ("correction-cut", _ending(b"\x20" + bytes(18)), EARLY),
        ("sets-and-correction-cut", _ending(b"\x3f" + bytes(15 + 18)), EARLY),
    ]
    chunks = tile(picture(8, 3), 8, 0, 26, _corrected)
    return [*made, ("correction-too-large", lossless(chunks, WIDTH, HEIGHT, 3), CORRECTS)]


def _ending(start: bytes) -> bytes:
    """A file whose last pass ends inside what comes before its words."""
    return grey(lambda work: work._replace(head=start, map=b"", words=b"", plain=b"", lengths=b""))


def _corrected(work: Pass) -> Pass:
    """The last pass of the last plane has so many free taps that their corrections are too much together."""
    assert (work.number, work.before) == (2, 2)
    return work._replace(head=b"\x20" + b"\x80" * (19 + 2 * 8))


def _maps() -> Made:
    found = [
        ("first-36", b"\x24\1\0", SCALES),
        ("first-254", b"\xfe\1\0", SCALES),
        ("count-0", b"\0\0", SCALES),
        ("count-2-of-the-last", b"\x23\2\0\0", SCALES),
        ("count-37", b"\0\x25" + bytes(37), SCALES),
        ("count-255", b"\1\xff" + bytes(255), SCALES),
        ("entry-108", b"\0\1\x6c", TABLES),
        ("entry-255-of-the-last", b"\x22\2\0\xff", TABLES),
    ]
    made = [
        (f"map-{name}", grey(lambda work, m=part: work._replace(map=m)), says) for name, part, says in found
    ]
    return [
        *made,
        ("map-missing", _ending(b"\0"), EARLY),
        ("map-without-count", _ending(b"\0\0"), EARLY),
        ("map-cut", _ending(b"\0\0\x24" + bytes(35)), EARLY),
        ("map-of-another-scale", grey(lambda work: work._replace(map=b"\0\x24" + b"\x6b" * 36)), ENDS),
    ]


def _lengths() -> Made:
    """Of both runs of words."""

    def spelled(words: Callable[[int], bytes], plain: Callable[[int], bytes] = varint) -> bytes:
        return grey(
            lambda work: work._replace(lengths=words(len(work.words)) + plain(len(work.plain))), rough=0
        )

    return [
        ("lengths-missing", _ending(b"\0\xff"), EARLY),
        ("length-of-plain-words-missing", _ending(b"\0\xff\4"), EARLY),
        ("length-not-shortest", spelled(longer), SPELLED),
        ("length-six-bytes", spelled(lambda _: SIX_BYTES), SPELLED),
        ("length-largest", spelled(lambda _: LARGEST), EARLY),
        ("length-one-more", spelled(lambda size: varint(size + 1)), EARLY),
        ("length-one-less", spelled(lambda size: varint(size - 1)), WORDS),
        ("length-one-word-less", spelled(lambda size: varint(size - 4)), ENDS),
        ("length-0", spelled(lambda _: b"\0"), WORDS),
        ("length-of-plain-words-not-shortest", spelled(varint, longer), SPELLED),
        ("length-of-plain-words-six-bytes", spelled(varint, lambda _: SIX_BYTES), SPELLED),
        ("length-of-plain-words-largest", spelled(varint, lambda _: LARGEST), EARLY),
        ("length-of-plain-words-4", spelled(varint, lambda _: b"\4"), EARLY),
    ]
