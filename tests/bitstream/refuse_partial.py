# SPDX-License-Identifier: Apache-2.0
"""Files that were cut off, and must be refused even where what there is of a file is asked for (docs/format.md 5).

What is there must be sound, and there must be a first layer of some tile. To anyone else, they are truncated.
"""

from __future__ import annotations

import zlib

from refuse_build import (
    ALPHA,
    LOSSLESS,
    PIXEL,
    Case,
    again,
    box,
    entries,
    flipped,
    lossless,
    taken_apart,
    varint,
    with_chunk,
)
from refuse_pass import HEIGHT, WIDTH, picture, tile, with_layer

NAME = "tiny-64x64-q75"
CUT = 9  # bytes that are missing at the end


def cases() -> list[Case]:
    damaged = [*_lossy(), *_lossless()]
    found = [
        Case(f"partial-{name}", data[:-CUT], "DamagedFile", says, "partial", m)
        for name, data, says, m in damaged
    ]
    short, chunks = "ends inside its first layer", [layer[0] for layer in taken_apart(NAME).chunks]
    whole = again(NAME)
    return [
        *found,
        Case(
            "partial-first-layer-cut",
            whole[: -sum(map(len, chunks)) + 7],
            "TruncatedFile",
            short,
            "partial",
            "tiny",
        ),
        Case("partial-no-layer", whole[: -sum(map(len, chunks))], "TruncatedFile", short, "partial", "tiny"),
        Case(
            "partial-index-cut",
            whole[: -sum(map(len, chunks)) - 1],
            "TruncatedFile",
            "the index needs",
            "partial",
            "tiny",
        ),
        Case(
            "partial-of-unknown-model",
            again(NAME, model_id=bytes(8))[:-CUT],
            "UnknownModel",
            "0" * 16,
            "partial",
        ),
    ]


def _lossy() -> list[tuple[str, bytes, str, str | None]]:
    """Each without its last bytes, which are of layer 2."""
    chunks = [layer[0] for layer in taken_apart(NAME).chunks]
    parts = entries(chunks)
    box_of = box(b"note", b"ignorable")
    made = [
        (
            "first-layer-checksum",
            again(NAME, index=flipped(parts[0], 15) + b"".join(parts[1:])),
            "layer 0, tile 0",
        ),
        (
            "second-layer-checksum",
            again(NAME, index=parts[0] + flipped(parts[1], 15) + parts[2]),
            "layer 1, tile 0",
        ),
        ("first-layer-words", with_chunk(NAME, 0, lambda chunk: chunk[:4] + chunk), "do not end where"),
        (
            "second-layer-words",
            with_chunk(NAME, 1, lambda chunk: chunk + bytes(4)),
            "last word of a layer is zero",
        ),
        (
            "index-adds-up-to-more",
            again(NAME, index=b"".join(parts[:2]) + varint(127) + parts[2][1:]),
            "does not add up",
        ),
        ("index-not-shortest", again(NAME, index=b"\x8c\0" + parts[0][1:] + b"".join(parts[1:])), "shortest"),
        ("box-checksum", again(NAME, boxes=(flipped(box_of, 8 * 12),)), "checksum of the box"),
        ("box-tag", again(NAME, boxes=(box(b"1abc", b""),)), "impossible tag"),
        ("alpha-missing", again(NAME, kinds=ALPHA), "disagree"),
        (
            "alpha-of-no-kind",
            again(NAME, kinds=ALPHA, boxes=(box(b"ALPH", b"\7"),)),
            "stored in an unknown way",
        ),
        (
            "alpha-too-short",
            again(NAME, kinds=ALPHA, boxes=(box(b"ALPH", b"\1" + zlib.compress(bytes(9))),)),
            "another size",
        ),
        ("layers-4", again(NAME, layers=4, chunks=[*chunks, bytes(CUT)]), "has 4 layers"),
    ]
    return [(name, data, says, "tiny") for name, data, says in made]


def _lossless() -> list[tuple[str, bytes, str, str | None]]:
    """Each without its last bytes, which are of layer 4."""
    chunks = tile(picture(8), 8)
    broken = tile(picture(8), 8, 0, 4, lambda work: work._replace(words=b"\1\2\3\4" + work.words))
    late = with_layer(chunks, 3, chunks[3] + b"\0")
    base = with_layer(with_layer(PIXEL, 0, b"\0\2"), 4, bytes(CUT))
    black = with_layer(PIXEL, 4, bytes(CUT))
    made = [
        ("lattice-words", lossless(broken, WIDTH, HEIGHT), "do not end where"),
        ("lattice-byte-more", lossless(late, WIDTH, HEIGHT), "is too long"),
        ("lattice-base-of-1-bit", lossless(base, 1, 1, depth=1), "outside its bit depth"),
        ("tile-of-kind-2", lossless(with_layer(black, 0, b"\2\0"), 1, 1), "coded in an unknown way"),
        ("graphics-of-kind-3", lossless(with_layer(black, 0, b"\1\3"), 1, 1), "stored in an unknown way"),
        (
            "alpha-of-7-bits",
            lossless(black, 1, 1, depth=7, kinds=LOSSLESS | ALPHA, boxes=(box(b"ALPH", b"\0\x80"),)),
            "over 127",
        ),
        ("lossless-layers-4", lossless(black[1:], 1, 1, layers=4), "has 4 layers"),
    ]
    return [(name, data, says, None) for name, data, says in made]
