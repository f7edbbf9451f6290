# SPDX-License-Identifier: Apache-2.0
"""Files to refuse for their alpha plane (docs/format.md 3.3), which is no business of the container's.

Trap: a decoder may look at chunks first, and must refuse all the same; so the chunks are sound here.
"""

from __future__ import annotations

import struct
import zlib

from refuse_build import ALPHA, LOSSLESS, Case, again, box, flipped, lossless

SIDE = 4  # pixels of the pictures with alpha
FLAT = [  # 15.8: their chunks, where a sample has one byte and where it has two
    (b"\1\0" + zlib.compress(bytes(1 + size * SIDE) * SIDE), b"", b"", b"", b"") for size in (1, 2)
]


def cases() -> list[Case]:
    return [*_alpha(), *_deep_alpha(), *_alpha_of_golden()]


def with_alpha(payload: bytes, depth: int = 8) -> bytes:
    boxes = (box(b"ALPH", payload),)
    return lossless(FLAT[depth > 8], SIDE, SIDE, kinds=LOSSLESS | ALPHA, depth=depth, boxes=boxes)


def _alpha() -> list[Case]:
    plane = bytes(range(SIDE * SIDE))
    good = zlib.compress(plane)
    raw = zlib.compressobj(wbits=-15)
    gzip = zlib.compressobj(wbits=31)
    known = zlib.compressobj(zdict=plane)
    unknown, inflate, size = "stored in an unknown way", "cannot be inflated", "another size"
    damaged = [
        ("empty", b"", unknown),
        ("kind-4", b"\4" + good, unknown),
        ("kind-255", b"\xff" + good, unknown),
        ("constant-without-sample", b"\0", unknown),
        ("constant-of-two", b"\0\7\7", unknown),
        ("no-stream", b"\1", size),
        ("no-zlib", b"\1" + plane, inflate),
        ("deflate-without-head", b"\1" + raw.compress(plane) + raw.flush(), inflate),
        ("gzip", b"\2" + gzip.compress(plane) + gzip.flush(), inflate),
        ("dictionary", b"\1" + known.compress(plane) + known.flush(), inflate),
        ("head-alone", b"\1" + good[:2], size),
        ("cut", b"\1" + good[:-6], size),
        ("without-checksum", b"\1" + good[:-4], size),
        ("checksum-cut", b"\3" + good[:-1], size),
        ("checksum-wrong", b"\2" + flipped(good, 8 * len(good) - 1), inflate),
        ("block-of-no-kind", b"\1" + good[:2] + b"\x07" + good[3:], inflate),
        ("one-sample-less", b"\1" + zlib.compress(plane[:-1]), size),
        ("one-sample-more", b"\2" + zlib.compress(plane + b"\0"), size),
        ("one-row-more", b"\3" + zlib.compress(plane + plane[:SIDE]), size),
        ("nothing-inflates", b"\1" + zlib.compress(b""), size),
        ("trailing-byte", b"\1" + good + b"\0", size),
        ("two-streams", b"\3" + good + good, size),
        ("million-samples", b"\1" + zlib.compress(bytes(2**20), 9)[:1000], size),
    ]
    return [
        Case(f"alpha-{name}", with_alpha(data), "DamagedFile", says, "decode") for name, data, says in damaged
    ]


def _deep_alpha() -> list[Case]:
    """Samples over the bit depth, stored as they are and as differences; and a sample of the wrong size."""
    unknown = "stored in an unknown way"

    def ten(*samples: int) -> bytes:
        return zlib.compress(struct.pack("<16H", *samples, *[0] * (16 - len(samples))))

    damaged = [
        ("constant-2-of-1-bit", 1, b"\0\2", "over 1"),
        ("constant-128-of-7-bits", 7, b"\0\x80", "over 127"),
        ("constant-1024-of-10-bits", 10, b"\0\0\4", "over 1023"),
        ("constant-of-one-byte-at-16-bits", 16, b"\0\7", unknown),
        ("constant-of-two-bytes-at-8-bits", 8, b"\0\7\0", unknown),
        ("sample-32-of-5-bits", 5, b"\1" + zlib.compress(bytes(15) + b"\x20"), "over 31"),
        ("sum-32-of-5-bits", 5, b"\2" + zlib.compress(bytes(12) + b"\x10\x10\0\0"), "over 31"),
        ("column-32-of-5-bits", 5, b"\3" + zlib.compress(b"\x1f\0\0\0\1" + bytes(11)), "over 31"),
        ("below-zero-of-5-bits", 5, b"\2" + zlib.compress(b"\1\xfe" + bytes(14)), "over 31"),
        ("sample-1024-of-10-bits", 10, b"\1" + ten(1024), "over 1023"),
        ("sum-1024-of-10-bits", 10, b"\2" + ten(1023, 1), "over 1023"),
        ("column-4096-of-12-bits", 12, b"\3" + ten(4095, 0, 0, 0, 1), "over 4095"),
        ("bytes-at-16-bits", 16, b"\1" + zlib.compress(bytes(16)), "another size"),
        ("words-at-8-bits", 8, b"\1" + zlib.compress(bytes(32)), "another size"),
    ]
    return [
        Case(f"alpha-{name}", with_alpha(data, depth), "DamagedFile", says, "decode")
        for name, depth, data, says in damaged
    ]


def _alpha_of_golden() -> list[Case]:
    """In lossy files, where a network must not have run."""
    damaged = [
        ("tiny-130x70-alpha-q100", "tiny", b"\0", "stored in an unknown way"),
        ("tiny-130x70-plane-tiles-q75", "tiny", b"\2" + zlib.compress(bytes(130 * 70 - 1)), "another size"),
        (
            "default-17x33-grey-alpha-q33",
            "default",
            b"\3" + zlib.compress(bytes(17 * 33 + 1)),
            "another size",
        ),
    ]
    return [
        Case(
            f"alpha-of-{name}",
            again(name, boxes=[box(b"ALPH", payload)]),
            "DamagedFile",
            says,
            "decode",
            model,
        )
        for name, model, payload, says in damaged
    ]
