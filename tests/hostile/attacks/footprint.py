# SPDX-License-Identifier: Apache-2.0
"""Row 9: peaks of resident memory against the formula: 12 sizes, 1, 2 and 8 threads, both ways, lossy and lossless.

Each picture is coded in a process of its own (tests/runtime/memory_child.py, which makes two measurements: one of
encoding and one of decoding). The smallest pictures come first, so that a part of the row is quick; the largest have 67
and 100 megapixels and take minutes. Wrong is a peak over what runtime/memory.py says, and at 100 megapixels a whole
process over 2 GB.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from time import perf_counter

from attacks.files import ROOT
from attacks.trial import SHOWN, Outcome, nothing

SIZES = (  # height, width, tile_log2; from the smallest to the largest
    (1, 1, 10),
    (64, 65, 6),
    (1, 20000, 10),
    (20000, 3, 10),
    (512, 768, 10),
    (1024, 1024, 10),
    (1000, 1400, 8),
    (2048, 2048, 10),
    (2500, 3000, 12),
    (4096, 4096, 10),
    (8192, 8192, 10),
    (10000, 10000, 10),
)
THREADS = (1, 2, 8)
MODES = ("lossy", "lossless")
WAYS = ("encode", "decode")
WHOLE = len(SIZES) * len(THREADS) * len(MODES) * len(WAYS)
MOST = 2_000_000_000  # bytes of a process that codes 100 megapixels
CHILD = ROOT / "tests" / "runtime" / "memory_child.py"


@dataclass(frozen=True)
class Run:
    """One picture, there and back."""

    size: tuple[int, int, int]
    threads: int
    mode: str

    @property
    def name(self) -> str:
        height, width, tile = self.size
        return f"{self.mode} {width}x{height}, tiles of {1 << tile}, {self.threads} threads"


def runs() -> list[Run]:
    return [Run(size, threads, mode) for size, threads, mode in product(SIZES, THREADS, MODES)]


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` measurements, two a picture; nothing is left to chance."""
    times, peaks, faults = [], [], []
    for run in runs()[: -(-count // len(WAYS))]:
        start = perf_counter()
        found, trouble = measured(run)
        times += [perf_counter() - start] * len(WAYS)
        peaks += [found[way] for way in WAYS if way in found]
        faults += [f"{run.name}: {fault}" for fault in trouble or over(run, found)]
        for _ in WAYS:
            tick()
    middle = sorted(times)[len(times) // 2]
    return Outcome(
        len(times), 0, len(faults), max(times), max(peaks, default=None), middle, tuple(faults[:SHOWN])
    )


def measured(run: Run) -> tuple[dict[str, int], list[str]]:
    """What the child tells, or what went wrong with both measurements."""
    photo = str(ROOT / "examples" / "coffee.png")
    command = [sys.executable, str(CHILD), photo, *map(str, run.size), str(run.threads), run.mode]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {}, [f"ended with {done.returncode}: {done.stderr[-300:]}"] * len(WAYS)
    return json.loads(done.stdout), []


def over(run: Run, found: dict[str, int]) -> list[str]:
    """Which peaks are over what is allowed."""
    faults = [
        f"{way} took {found[way]} bytes, over {found[f'{way}_most']}"
        for way in WAYS
        if found[way] > found[f"{way}_most"]
    ]
    if run.size == SIZES[-1] and found["whole"] > MOST:
        faults.append(f"the process took {found['whole']} bytes, over {MOST}")
    return faults
