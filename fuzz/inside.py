# SPDX-License-Identifier: Apache-2.0
"""The process that libFuzzer runs in: it calls the target for every unit, and its mutator between them.

libFuzzer ends it without asking, so what is counted here goes to a small file that is written anew every second. Trap:
a unit's time is processor time, since a busy machine makes anything slow; a true hang is for libFuzzer's own clock.
"""

from __future__ import annotations

import json
import operator
import random
import shlex
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from harness import INSIDE, Target, attempt, need

RENEWED = 1.0  # seconds between two times that the small file is written
MOST_OUTCOMES = 16  # that are told
WARM = 200  # units at the start, which load libraries, models and tables: not held to their time


class _Watch:
    """Counts what comes of units, and keeps the slowest."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target, self._folder = target, folder
        self._words: Counter[str] = Counter()
        self._slowest, self._written = 0.0, 0.0

    def unit(self, data: bytes) -> None:
        if not self._words:
            _spare_arrays()
        word, seconds = attempt(self._target, data)
        self._words[word] += 1
        if self._words.total() <= WARM:
            return
        if seconds > self._slowest:
            # A neighbour, or a page that has to be fetched, slows one run down and not three.
            seconds = min(seconds, *(attempt(self._target, data)[1] for _ in range(2)))
        if seconds > self._slowest:
            self._slowest = seconds
            (self._folder / "slowest").write_bytes(data)
        if monotonic() > self._written + RENEWED:
            self._written = monotonic()
            figures = {
                "slowest_s": round(self._slowest, 4),
                "outcomes": dict(self._words.most_common(MOST_OUTCOMES)),
            }
            (self._folder / "figures.json").write_text(json.dumps(figures), "utf-8")
        need(seconds <= self._target.seconds, f"took {seconds:.2f} s of processor time")


def fuzz(target: Target) -> int:
    import atheris

    place = sys.argv.index(INSIDE)
    folder, arguments = Path(sys.argv[place + 1]), sys.argv[place + 2 :]

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        return target.mutate(bytes(data), most, random.Random(seed), _native)[:most]

    def _native(data: bytes, most: int) -> bytes:
        return bytes(atheris.Mutate(bytes(data), max(1, most)))

    watch = _Watch(target, folder)
    itself = shlex.join([sys.executable, sys.argv[0], INSIDE, str(folder)])  # merging runs this in a shell
    atheris.Setup([itself, *arguments], watch.unit, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


def _spare_arrays() -> None:
    """Have arrays compared without Atheris 3.0.0, which never frees what comes of it; to be called once it runs."""
    import atheris
    import numpy as np

    native = atheris._trace_cmp
    lower, upper = (operator.lt, operator.le), (operator.gt, operator.ge)
    operators = (*lower, operator.eq, operator.ne, *upper)  # as in dis.cmp_op

    def compare(left: Any, right: Any, operation: int, counter: int, constant: bool) -> Any:
        if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
            return operators[operation](left, right)
        return native(left, right, operation, counter, constant)

    atheris._trace_cmp = compare
