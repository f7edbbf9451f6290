# SPDX-License-Identifier: Apache-2.0
"""Row 1: files cut off at every byte; none gives a picture, and all but the empty one are called truncated.

First every prefix of the twenty small files, then random cuts of the five large ones up to `count`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attacks.bits import one, part
from attacks.files import Sample, large, small
from attacks.trial import Case, Outcome, nothing, run
from mezzotint.errors import NotMezzotint, TruncatedFile

WHOLE = 105_000


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    return run(cases(count, seed), tick)


def cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    every = [(sample, length) for sample in small() for length in range(len(sample.data))]
    for sample, length in part(every, count, rng):
        yield _case(sample, length)
    for _ in range(count - len(every)):
        sample = one(large(), rng)
        yield _case(sample, int(rng.integers(len(sample.data))))


def _case(sample: Sample, length: int) -> Case:
    error = TruncatedFile if length else NotMezzotint  # nothing at all could be anything
    return Case(f"{sample.name} cut to {length}", sample.data[:length], sample.model, (error,))
