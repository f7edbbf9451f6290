# SPDX-License-Identifier: Apache-2.0
"""Files to refuse for their first bytes, their header, the reader's limits or where they end (docs/format.md 1, 2, 10).

Old names keep their bytes: those files have another model id than any model, and two layers of nonsense.
"""

from __future__ import annotations

from refuse_build import (
    ALPHA,
    LARGEST,
    LOSSLESS,
    LOSSY,
    NEAR,
    PIXEL,
    SIX_BYTES,
    Case,
    box,
    build,
    entries,
    flipped,
    longer,
    lossless,
    varint,
)


def cases() -> list[Case]:
    return [*_magic(), *_cut(), *_cut_between(), *_header(), *_bits(), *_varints(), *_laws(), *_limits()]


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
        Case("magic-byte-order-mark", b"\xef\xbb\xbf" + good, "NotMezzotint", wrong),
        Case("magic-reversed", good[3::-1] + good[4:], "NotMezzotint", wrong),
        Case("magic-one-wrong-byte", b"\0", "NotMezzotint", wrong),
        Case("version-1", build(version=1), "UnsupportedVersion", "version 1"),
        Case("version-255", build(version=255), "UnsupportedVersion", "version 255"),
        Case("version-128-cut", build(version=128)[:5], "UnsupportedVersion", "version 128"),
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
        ("box-count", plain[:25], "number of boxes"),
        ("header-checksum", plain[: start - 1], "header"),
        ("before-index", plain[:start], f"should have {len(plain)} bytes"),
        ("in-box", boxed[: start + 12], f"should have {len(boxed)} bytes"),
        ("in-index", plain[: start + 7], f"should have {len(plain)} bytes"),
        ("last-byte", plain[:-1], f"should have {len(plain)} bytes"),
    ]
    return [Case(f"cut-{name}", data, "TruncatedFile", says) for name, data, says in cuts]


def _cut_between() -> list[Case]:
    """A file with all there may be, cut between any two parts: as it is, and under a header that agrees."""
    boxes = (box(b"iCCP", b"a profile of many bytes"), box(b"ALPH", b"\0\x07"), box(b"note", b"ignorable"))
    chunks = [b"\0" + bytes(range(16)), *(b"layer %d" % layer for layer in range(1, 5))]
    parts = {
        "boxes": b"",
        "second-box": boxes[0],
        "third-box": boxes[1],
        "index": boxes[2],
        "last-of-index": b"".join(entries(chunks)[:4]),
        "chunks": entries(chunks)[4],
        **{f"layer-{k}": chunk for k, chunk in enumerate(chunks[:4], 1)},
    }
    says = (
        "3 boxes do not fit",
        *["a box needs"] * 2,
        *["an index of 5 chunks"] * 2,
        *["of chunks and the file"] * 5,
    )
    whole = _of_three_boxes(b"".join(parts.values()) + chunks[4])
    found, body = [], b""
    for (name, part), told in zip(parts.items(), says, strict=True):
        body += part
        found.append(Case(f"cut-before-{name}-repaired", _of_three_boxes(body), "DamagedFile", told))
        start = len(whole) - len(b"".join(parts.values()) + chunks[4])
        cut = whole[: start + len(body)]
        found.append(Case(f"cut-before-{name}", cut, "TruncatedFile", f"should have {len(whole)} bytes"))
    return [case for case in found if case.name != "cut-before-index"]


def _of_three_boxes(body: bytes) -> bytes:
    return lossless((), 64, 64, kinds=LOSSLESS | ALPHA, box_count=3, index=body)


def _header() -> list[Case]:
    long = varint(2**35 - 1)[:-1] + b"\xff\x01"
    damaged = [
        ("flipped-bit", flipped(build(), 8 * 13 + 2), "header's checksum"),  # inside the model id
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


def _bits() -> list[Case]:
    """Each reserved bit of each field by itself, in a file that is sound without it; and each byte of the checksum."""
    sound = {"width": 1, "height": 1}
    damaged = [
        *((f"mode-{bit}", {"kinds": LOSSLESS | bit}, f"mode {2 | bit}") for bit in (4, 8)),
        *((f"alpha-{kind}", {"kinds": LOSSLESS | kind << 4}, f"alpha kind {kind}") for kind in (4, 8, 15)),
        *((f"channels-{n}", {"shape": 0xA0 | n}, f"{n} channels") for n in (5, 7, 9, 11, 15)),
        *((f"tile-{log2}", {"shape": log2 << 4 | 1}, f"2^{log2}") for log2 in (0, 1, 2, 4)),
        *((f"depth-{bits}", {"depth": bits}, f"a bit depth of {bits}") for bits in (24, 40, 72, 136)),
        *((f"quality-bit-{bit}", {"quality": 1 << bit}, f"quality {1 << bit}") for bit in (12, 13, 14)),
        *((f"layers-{n}", {"layers": n}, f"{n} layers") for n in (21, 37, 69, 133)),
    ]
    found = [(name, lossless(PIXEL, **sound | change), says) for name, change, says in damaged]
    good = lossless(PIXEL, 1, 1)
    place = len(lossless((), 1, 1, index=b"")) - 4
    found += [
        (f"checksum-byte-{k}", flipped(good, 8 * (place + k) + 7 - k), "header's checksum") for k in range(4)
    ]
    found += [
        # Each of them is another law as well, under the old checksum: the checksum is told first.
        (f"flipped-{name}", flipped(good, 8 * at), "header's checksum")
        for name, at in (
            ("mode", 5),
            ("channels", 6),
            ("depth", 7),
            ("layers", 13),
            ("model-id", 14),
            ("width", 22),
        )
    ]
    return [Case(f"header-{name}", data, "DamagedFile", says) for name, data, says in found]


def _varints() -> list[Case]:
    """Each field in a spelling that is too long, and as the largest number there is."""
    note = box(b"note", b"")
    size = len(lossless(PIXEL, 1, 1))
    fields = {
        "width": lambda spelled: lossless(PIXEL, spelled, 1),
        "height": lambda spelled: lossless(PIXEL, 1, spelled),
        "total": lambda spelled: lossless(PIXEL, 1, 1, total=spelled),
        "box-count": lambda spelled: lossless(PIXEL, 1, 1, box_count=spelled, boxes=(note,)),
    }
    values = {"width": 1, "height": 1, "total": size + 1, "box-count": 1}
    found = []
    for field, made in fields.items():
        if field != "width":
            found.append((f"{field}-not-shortest", made(longer(values[field])), "DamagedFile", "shortest"))
        if field != "height":
            found.append((f"{field}-six-bytes", made(SIX_BYTES), "DamagedFile", "longer than 5"))
    found += [
        ("width-zero-in-two-bytes", lossless(PIXEL, b"\x80\0", 1), "DamagedFile", "shortest"),
        ("width-largest", lossless(PIXEL, LARGEST, 1), "LimitExceeded", "34359738367x1"),
        ("height-largest", lossless(PIXEL, 1, LARGEST), "LimitExceeded", "1x34359738367"),
        ("total-largest", lossless(PIXEL, 1, 1, total=LARGEST), "TruncatedFile", "34359738367 bytes"),
        ("total-0", lossless(PIXEL, 1, 1, total=0), "DamagedFile", "should have 0 bytes"),
        ("total-one-less", lossless(PIXEL, 1, 1, total=size - 1), "DamagedFile", f"have {size - 1} bytes"),
        ("total-one-more", lossless(PIXEL, 1, 1, total=size + 1), "TruncatedFile", f"have {size + 1} bytes"),
        ("total-without-header", lossless(PIXEL, 1, 1, total=size - 31), "DamagedFile", "should have"),
        ("box-count-largest", lossless(PIXEL, 1, 1, box_count=LARGEST), "LimitExceeded", "34359738367 boxes"),
    ]
    return [Case(f"header-{name}", *rest) for name, *rest in found]


def _laws() -> list[Case]:
    """Of fields together (2.1)."""
    damaged = [
        ("near-lossless-error-2-of-1-bit", {"kinds": NEAR, "quality": 2, "depth": 1}, "of 2 for 1 bits"),
        ("near-lossless-error-1024", {"kinds": NEAR, "quality": 1024, "depth": 10}, "of 1024 for 10 bits"),
        ("near-lossless-error-4095", {"kinds": NEAR, "quality": 4095, "depth": 11}, "of 4095 for 11 bits"),
        ("near-lossless-error-4096", {"kinds": NEAR, "quality": 4096, "depth": 16}, "quality 4096"),
        ("lossless-quality-1", {"quality": 1}, "lossless mode and quality 1"),
        ("lossless-quality-4095", {"quality": 4095, "depth": 16}, "lossless mode and quality 4095"),
        ("lossy-quality-4096", {"kinds": LOSSY, "quality": 4096}, "quality 4096"),
    ]
    return [
        Case(f"header-{name}", lossless(PIXEL, 1, 1, **change), "DamagedFile", says)
        for name, change, says in damaged
    ]


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
        ("alpha-box-of-16-bits", _alpha_box(1029), "over 1028"),
        ("width-one-more", lossless(PIXEL, 2**15 + 1, 1), "32769x1 has a side"),
        ("height-one-more", lossless(PIXEL, 1, 2**15 + 1), "1x32769 has a side"),
        ("pixels-one-more", lossless(PIXEL, 17, 15790321), "more than 268435456 pixels"),
        ("chunks-two-more", build(width=64 * 174763, height=1, layers=6), "1048578 chunks"),
    ]
    found = [Case(f"limit-{name}", data, "LimitExceeded", says) for name, data, says in over]
    wide = lossless(PIXEL, 4097, 4096, shape=0xF1)
    return [*found, Case("limit-tile", wide, "LimitExceeded", "tiles of 17039360 pixels", "decode")]


def _alpha_box(size: int) -> bytes:
    return lossless(PIXEL, 1, 1, kinds=LOSSLESS | ALPHA, depth=16, boxes=(box(b"ALPH", bytes(size)),))
