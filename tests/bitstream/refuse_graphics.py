# SPDX-License-Identifier: Apache-2.0
"""Lossless files to refuse for the way their tiles are coded, or for their graphics (docs/format.md 15.1 and 15.8).

Pictures of 5x3 pixels whose chunk is spelled out here. All are met by decoding: to the container, a chunk is bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from refuse_build import LOSSLESS, NEAR, PIXEL, Case, flipped, frozen_id, lossless

WIDTH, HEIGHT = 5, 3
KIND, UNKNOWN, INFLATE, SIZE = (
    "coded in an unknown way",
    "stored in an unknown way",
    "cannot be inflated",
    "another size",
)
FILTER, COLOUR, DEPTH, PALETTE = (
    "a filter",
    "a colour that does not exist",
    "outside its bit depth",
    "inside its palette",
)


def cases() -> list[Case]:
    return [*_tiles(), *_files(), *_streams(), *_rows(), *_palettes(), *_samples()]


def _case(name: str, data: bytes, says: str, error: str = "DamagedFile") -> Case:
    return Case(name, data, error, says, "decode")


def graphics(payload: bytes, channels: int = 1, **changes: Any) -> bytes:
    """A file of one tile; `payload` is what follows the 1 of its first chunk."""
    return lossless((b"\1" + payload, b"", b"", b"", b""), WIDTH, HEIGHT, channels, **changes)


def rows(*lines: bytes) -> bytes:
    """A stream of three rows, each with its filter in front."""
    return zlib.compress(b"".join(lines))


FLAT = (b"\0" + bytes(WIDTH),) * HEIGHT  # rows of grey samples of one byte, or of indices of one byte


def _tiles() -> list[Case]:
    """15.1: the first byte of a tile, and chunks where none may be."""
    good = b"\1\0" + rows(*FLAT)
    found = [
        ("tile-of-kind-2", lossless((b"\2\x80", *PIXEL[1:]), 1, 1), KIND),
        ("tile-of-kind-255", lossless((b"\xff\x80", *PIXEL[1:]), 1, 1), KIND),
        ("tile-empty", lossless((b"", *PIXEL[1:]), 1, 1), "ends too early"),
        ("tile-of-graphics-alone", lossless((b"\1", *PIXEL[1:]), 1, 1), UNKNOWN),
    ]
    for layer in range(1, 5):
        chunks = [good, b"", b"", b"", b""]
        chunks[layer] = b"\0"
        found.append(
            (f"graphics-and-layer-{layer}", lossless(chunks, WIDTH, HEIGHT), "more than its first chunk")
        )
    # Two tiles of which the second is damaged.
    flat = b"\1\0" + zlib.compress((b"\0" + bytes(64)) * 3)
    chunks = [flat, b"\3" + good[1:], *[b""] * 8]
    found.append(("tile-second-of-kind-3", lossless(chunks, 64 + WIDTH, HEIGHT, shape=0x61), KIND))
    return [_case(*parts) for parts in found]


def _files() -> list[Case]:
    """15.9, and the layer count, which is always 5."""
    last = frozen_id()[:7] + bytes([frozen_id()[7] ^ 128])
    found = [
        _case(
            f"lossless-tables-{name}",
            lossless(PIXEL, 1, 1, model_id=value),
            f"lossless tables {value.hex()}",
            "UnknownModel",
        )
        for name, value in (("zero", bytes(8)), ("last-byte", last))
    ]
    for kinds, quality, what in ((LOSSLESS, 0, "lossless"), (NEAR, 1, "near-lossless")):
        for count in (1, 4, 6, 15):
            chunks = (*PIXEL, *[b""] * 10)[:count]
            data = lossless(chunks, 1, 1, kinds=kinds, quality=quality, layers=count)
            found.append(
                _case(f"{what}-layers-{count}", data, f"the file has {count} layers, lossless coding 5")
            )
    return found


def _streams() -> list[Case]:
    good = rows(*FLAT)
    raw, known = zlib.compressobj(wbits=-15), zlib.compressobj(zdict=bytes(18))
    damaged = [
        ("nothing", b"", SIZE),
        ("no-zlib", b"".join(FLAT), INFLATE),
        ("deflate-without-head", raw.compress(b"".join(FLAT)) + raw.flush(), INFLATE),
        ("dictionary", known.compress(b"".join(FLAT)) + known.flush(), INFLATE),
        ("cut", good[:-5], SIZE),
        ("without-checksum", good[:-4], SIZE),
        ("checksum-cut", good[:-1], SIZE),
        ("checksum-wrong", flipped(good, 8 * len(good) - 1), INFLATE),
        ("trailing-byte", good + b"\0", SIZE),
        ("two-streams", good + good, SIZE),
        ("byte-less", zlib.compress(b"".join(FLAT)[:-1]), SIZE),
        ("byte-more", zlib.compress(b"".join(FLAT) + b"\0"), SIZE),
        ("row-more", rows(*FLAT, FLAT[0]), SIZE),
        ("row-less", rows(*FLAT[1:]), SIZE),
        ("megabyte", zlib.compress(bytes(2**20), 9), SIZE),
    ]
    found = [
        _case(f"graphics-stream-{name}", graphics(b"\0" + stream), says) for name, stream, says in damaged
    ]
    return [
        *found,
        _case("graphics-stream-of-palette-cut", graphics(b"\1\0\7" + good[:-5]), SIZE),
        _case("graphics-stream-of-packed-byte-more", graphics(b"\2\0\7" + rows(*[b"\0\0"] * 3, b"\0")), SIZE),
        _case("graphics-stream-of-packed-unpacked", graphics(b"\2\0\7" + good), SIZE),
        _case("graphics-stream-of-three-channels-as-one", graphics(b"\0" + good, 3), SIZE),
        _case("graphics-stream-of-words-as-bytes", graphics(b"\0" + good, depth=16), SIZE),
        _case("graphics-stream-of-bytes-as-words", graphics(b"\0" + rows(*[b"\0" + bytes(10)] * 3)), SIZE),
    ]


def _rows() -> list[Case]:
    """Kinds and filters that do not exist."""
    packed = (b"\0\0", b"\4\0", b"\0\0")
    return [
        *(
            _case(f"graphics-kind-{kind}", graphics(bytes([kind]) + rows(*FLAT)), UNKNOWN)
            for kind in (3, 4, 255)
        ),
        *(
            _case(
                f"graphics-filter-{kind}-of-row-{at}", graphics(b"\0" + rows(*_with_filter(kind, at))), FILTER
            )
            for kind, at in ((4, 0), (5, 1), (128, 2), (255, 0))
        ),
        _case("graphics-filter-of-palette", graphics(b"\1\0\7" + rows(*_with_filter(4, 2))), FILTER),
        _case("graphics-filter-of-packed", graphics(b"\2\0\7" + rows(*packed)), FILTER),
        _case(
            "graphics-filter-of-words",
            graphics(b"\0" + rows(b"\4" + bytes(10), *[b"\0" + bytes(10)] * 2), depth=12),
            FILTER,
        ),
    ]


def _with_filter(kind: int, at: int) -> list[bytes]:
    return [bytes([kind if y == at else 0]) + line[1:] for y, line in enumerate(FLAT)]


def _palettes() -> list[Case]:
    """Palettes that end too early, and indices without a colour: as they are, after their filter, packed."""
    good = rows(*FLAT)
    cut = [
        ("without-count", b"\1", 1, 8),
        ("without-count-packed", b"\2", 1, 8),
        ("without-colours", b"\1\0", 1, 8),
        ("of-256-cut", b"\1\xff" + bytes(range(255)), 1, 8),
        ("colour-cut", b"\1\0\1\2", 3, 8),
        ("word-cut", b"\2\0\1", 1, 16),
        ("colour-of-words-cut", b"\2\1" + bytes(11), 3, 10),
    ]
    colours = [bytes(range(count)) for count in range(18)]
    wrong = [
        ("1-of-1", b"\1\0" + colours[1] + rows(b"\0\0\0\1\0\0", *FLAT[1:])),
        ("255-of-17", b"\1\x10" + colours[17] + rows(*FLAT[1:], b"\0\0\0\0\0\xff")),
        ("sum-of-left", b"\1\1" + colours[2] + rows(b"\1\1\0\0\0\1", *FLAT[1:])),
        ("sum-of-above", b"\1\1" + colours[2] + rows(b"\0\1\0\0\0\0", b"\2\1\0\0\0\0", FLAT[0])),
        ("below-zero", b"\1\1" + colours[2] + rows(b"\3\0\0\xff\0\0", *FLAT[1:])),
        ("packed-1-of-1", b"\2\0" + colours[1] + rows(b"\0\x08", b"\0\0", b"\0\0")),
        ("packed-3-of-3", b"\2\2" + colours[3] + rows(b"\0\x0c\0", b"\0\0\0", b"\0\0\0")),
        ("packed-5-of-5", b"\2\4" + colours[5] + rows(*[b"\0\0\0\0"] * 2, b"\0\0\0\x50")),
        ("packed-17-of-17", b"\2\x10" + colours[17] + rows(*FLAT[1:], b"\0\0\0\x11\0\0")),
    ]
    return [
        *(
            _case(f"graphics-palette-{name}", graphics(payload, channels, depth=depth), PALETTE)
            for name, payload, channels, depth in cut
        ),
        _case("graphics-palette-without-stream", graphics(b"\1\0\7"), SIZE),
        _case("graphics-palette-one-colour-more", graphics(b"\1\0\7\7" + good), INFLATE),
        *(_case(f"graphics-index-{name}", graphics(payload), COLOUR) for name, payload in wrong),
    ]


def _samples() -> list[Case]:
    """Above the bit depth: stored, summed, in a palette, and in a colour that no index names."""

    def words(*samples: int) -> bytes:
        return b"\0" + struct.pack("<5H", *samples, *[0] * (5 - len(samples)))

    flat = words()
    damaged = [
        ("2-of-1-bit", 1, b"\0" + rows(b"\0\2\0\0\0\0", *FLAT[1:])),
        ("255-of-7-bits", 7, b"\0" + rows(*FLAT[1:], b"\0\0\0\0\0\xff")),
        ("sum-of-5-bits", 5, b"\0" + rows(b"\1\x1f\1\0\0\0", *FLAT[1:])),
        ("below-zero-of-5-bits", 5, b"\0" + rows(FLAT[0], b"\2\xff\0\0\0\0", FLAT[0])),
        ("1024-of-10-bits", 10, b"\0" + rows(words(0, 1024), flat, flat)),
        ("sum-of-12-bits", 12, b"\0" + rows(words(4095), b"\3" + words(1)[1:], flat)),
        ("65535-of-15-bits", 15, b"\0" + rows(flat, flat, words(0, 0, 0, 0, 65535))),
        ("colour-of-4-bits", 4, b"\1\1\0\x10" + rows(b"\0\0\1\0\0\0", *FLAT[1:])),
        ("unused-colour-of-4-bits", 4, b"\1\1\0\x10" + rows(*FLAT)),
        ("colour-of-9-bits", 9, b"\2\0\0\2" + rows(*[b"\0\0"] * 3)),
        ("unused-colour-of-9-bits", 9, b"\2\1\xff\1\0\2" + rows(*[b"\0\0"] * 3)),
    ]
    found = [
        _case(f"graphics-sample-{name}", graphics(data, depth=depth), DEPTH) for name, depth, data in damaged
    ]
    near = graphics(b"\0" + rows(b"\0\x21\0\0\0\0", *FLAT[1:]), kinds=NEAR, quality=3, depth=5)
    return [*found, _case("graphics-sample-33-of-5-bits-near-lossless", near, DEPTH)]
