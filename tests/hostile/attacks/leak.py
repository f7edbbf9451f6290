# SPDX-License-Identifier: Apache-2.0
"""Row 28: rounds of encoding and decoding in one process, with files that are refused between them.

Resident memory may not drift: what it is at the end, less what it was after the first tenth, is the outcome's
`peak_bytes`. A round whose bytes or pixels differ from the first of its kind is wrong.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter

import mezzotint
from attacks import memory
from attacks.files import cut, deep, model, seen_through
from attacks.trial import SLOWEST, Outcome, nothing

WHOLE = 10_000
MOST = 20_000_000  # bytes of drift


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` rounds over six kinds of picture; `seed` says with which kind they begin."""
    kinds = (
        (cut(64, 100), {}),
        (cut(130, 70), {"tile_log2": 6}),
        (seen_through(40, 60), {"quality": 30}),
        (cut(9, 14), {"lossless": True}),
        (cut(10, 10), {"max_error": 2}),
        (deep(8, 9), {"lossless": True}),
    )
    firsts: dict[int, tuple[bytes, bytes]] = {}
    times, refused, faults = [], 0, []
    begun: int | None = None
    for number in range(count):
        kind = (number + seed) % len(kinds)
        picture, options = kinds[kind]
        start = perf_counter()
        data = mezzotint.encode(picture, model=model(), threads=1, **options)
        back = mezzotint.decode(data, model=model(), threads=1)
        times.append(perf_counter() - start)
        refused += _refused(data)
        if firsts.setdefault(kind, (data, back.tobytes())) != (data, back.tobytes()):
            faults.append(f"round {number}, kind {kind}: not what the first round gave")
        if number == count // 10:
            gc.collect()
            begun = memory.resident()
        tick()
    gc.collect()
    ended = memory.resident()
    drift = None if begun is None or ended is None else max(0, ended - begun)
    if drift is not None and drift > MOST:
        faults.append(f"{drift} bytes more at the end")
    faults += [f"a round took {seconds:.2f} s" for seconds in times if seconds > SLOWEST]
    faults += [f"{count - refused} damaged files gave a picture"] * (refused != count)
    return Outcome(count, refused, len(faults), max(times), drift, median(times), tuple(faults[:5]))


def _refused(data: bytes) -> bool:
    """A damaged copy is refused as well: an error must not keep what it was raised over."""
    try:
        mezzotint.decode(data[:-1] + bytes([data[-1] ^ 1]), model=model(), threads=1)
    except mezzotint.MezzotintError:
        return True
    return False
