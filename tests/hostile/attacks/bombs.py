# SPDX-License-Identifier: Apache-2.0
"""Row 7: small files that declare large things, each refused in under 50 ms and 50 MB.

A time is the best of three, as the machine may be busy; memory is that of the worst. Metadata is never unpacked, so
the one compressed stream of the format, the alpha plane, is where a kilobyte could become many. A picture within the
reader's limits is no bomb, however few bytes it has: the limits are what bounds it. Nor is a real index of very many
chunks in as many layers as the model has: reading it takes time by its bytes, about 0.1 s for one of a megabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

from attacks import memory
from attacks.bits import part
from attacks.files import Sample, small
from attacks.trial import Case, Outcome, attempt, nothing, told
from mezzotint.bitstream import Header, read, read_header, write
from mezzotint.bitstream.header import pack_preamble
from mezzotint.errors import MezzotintError

SLOWEST = 0.05  # seconds
MOST = 50_000_000  # bytes
ENTRY = 5  # bytes of the index for a chunk
HUGE = b"\xff\xff\xff\xff\x7f"  # the varint 2^35 - 1
FOUR_GB = b"\xff\xff\xff\xff\x0f"
SIDES = (
    (2**31, 1), (1, 2**31), (65535, 65535), (31623, 31623), (16385, 16384), (2**24, 1), (2**24 - 1, 2**24 - 1),
    (2**35 - 1, 2**35 - 1),
)  # fmt: skip


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """All bombs, or `count` of them by chance."""
    import numpy as np

    attempt(Case("warm", small()[0].data, small()[0].model, (MezzotintError,)))  # imports are not the bomb's
    times, peaks, refused, faults = [], [], 0, []
    for case in part(list(bombs()), count, np.random.default_rng(seed)):
        seconds, peak, fault, turned_away = _set_off(case)
        times.append(seconds)
        peaks.append(peak)
        refused += turned_away
        if not fault and seconds > SLOWEST:
            fault = f"took {1000 * seconds:.0f} ms"
        if not fault and (peak or 0) > MOST:
            fault = f"took {peak} bytes"
        if fault:
            faults.append(told(case, fault))
        tick()
    known = [peak for peak in peaks if peak is not None]
    middle = sorted(times)[len(times) // 2]
    worst = max(known) if known else None
    return Outcome(len(times), refused, len(faults), max(times), worst, middle, tuple(faults))


def _set_off(case: Case) -> tuple[float, int | None, str, bool]:
    times = []
    before = memory.begin()
    for _ in range(3):
        start = perf_counter()
        fault, refused = attempt(case)
        times.append(perf_counter() - start)
    return min(times), memory.rise(before), fault, refused


def bombs() -> Iterator[Case]:
    lossy, lossless, alpha, deep = (
        _named(name) for name in ("lossy", "lossless", "lossy alpha", "lossless deep")
    )
    for sample in (lossy, lossless):
        header, kind = read_header(sample.data), sample.name
        for width, height in SIDES:
            wide = replace(header, width=width, height=height)
            yield _bomb(f"{kind} {width}x{height}", wide, sample)
        tiles = replace(header, width=16384, height=16384, tile_log2=6)
        yield _bomb(f"{kind}, 65536 tiles without an index", tiles, sample)
        many = replace(tiles, layer_count=15)
        yield _bomb(f"{kind}, 983040 chunks", many, sample, bytes(5000))
        # Each of no byte and with its checksum, which is 0; but there are not so many layers.
        yield _bomb(f"{kind}, 983040 chunks that are there", many, sample, bytes(ENTRY * 983040))
        whole = replace(header, width=16384, height=16384, tile_log2=15)
        yield _bomb(f"{kind}, one tile of 2^28 pixels", whole, sample, bytes(5 * header.layer_count))
        rest = bytes(4) + bytes(5) * (header.layer_count - 1)
        yield _bomb(f"{kind}, a chunk of 4 GB", header, sample, FOUR_GB + rest)
        yield _bomb(f"{kind}, a chunk of 32 GB", header, sample, HUGE + rest)
        yield _bomb(f"{kind}, a file of 4 GB", header, sample, FOUR_GB + rest, total=2**32)
        yield _bomb(f"{kind}, a billion boxes", header, sample, bytes(1000), boxes=10**9)
        for tag in (b"iCCP", b"eXIF", b"xMP ", b"zzzz"):
            yield _bomb(f"{kind}, {tag!r} of 4 GB", header, sample, tag + FOUR_GB + bytes(100), boxes=1)
        filled = read(sample.data)
        long = ((b"\xff" * 2**20, *filled.layers[0][1:]), *filled.layers[1:])
        yield Case(
            f"{kind}, a chunk of 1 MB", write(replace(filled, layers=long)), sample.model, (MezzotintError,)
        )
    nobodys = replace(
        read_header(lossy.data), width=16384, height=16384, tile_log2=6, layer_count=15, model_id=bytes(8)
    )
    yield _bomb("unknown model, 983040 chunks that are there", nobodys, lossy, bytes(ENTRY * 983040))
    for sample in (alpha, _named("lossless alpha")):
        yield _inflating(sample)
    partial = _bomb("cut, 65535x65535", replace(read_header(deep.data), width=65535, height=65535), deep)
    yield replace(partial, options={"partial": True})


def _named(name: str) -> Sample:
    return next(sample for sample in small() if sample.name == name)


def _bomb(
    what: str, header: Header, sample: Sample, body: bytes = b"", *, boxes: int = 0, total: int | None = None
) -> Case:
    """A header whose checksum is right in front of a body; `total` is what it says of the body's length."""
    data = pack_preamble(header, boxes, len(body) if total is None else total) + body
    return Case(what, data, sample.model, (MezzotintError,))


def _inflating(sample: Sample) -> Case:
    """An alpha plane whose stream is as long as its box may be, and inflates to a thousand times as much."""
    container = read(sample.data)
    header = container.header
    most = 2 * header.width * header.height + 1024
    payload = b"\1" + zlib.compress(bytes(1000 * (most - 100)), 9)
    assert len(payload) <= most
    boxes = tuple(replace(box, payload=payload) if box.tag == b"ALPH" else box for box in container.boxes)
    return Case(
        f"{sample.name} that inflates",
        write(replace(container, boxes=boxes)),
        sample.model,
        (MezzotintError,),
    )


WHOLE = 2 * (len(SIDES) + 13) + 4
