# SPDX-License-Identifier: Apache-2.0
"""Row 2: bits of the header turned over; its checksum, or magic and version before it, tell every time.

First every single bit of the header of the twenty small files, then 2 to 8 bits by chance up to `count`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attacks.bits import flipped, one, part, some_bits
from attacks.files import Sample, small
from attacks.trial import Case, Outcome, nothing, run
from mezzotint.bitstream import unpack_preamble
from mezzotint.errors import DamagedFile, NotMezzotint, TruncatedFile, UnsupportedVersion

WHOLE = 20_000
# Truncated where a varint seems to go on and the rest of a tiny file is too short for it.
REFUSALS = (NotMezzotint, UnsupportedVersion, DamagedFile, TruncatedFile)


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    return run(cases(count, seed), tick)


def cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    sizes = {sample.name: unpack_preamble(sample.data).size for sample in small()}
    every = [(sample, [bit]) for sample in small() for bit in range(8 * sizes[sample.name])]
    for sample, bits in part(every, count, rng):
        yield _case(sample, bits)
    for _ in range(count - len(every)):
        sample = one(small(), rng)
        yield _case(sample, some_bits(rng, 0, sizes[sample.name]))


def _case(sample: Sample, bits: list[int]) -> Case:
    return Case(f"{sample.name}, header bits {bits}", flipped(sample.data, bits), sample.model, REFUSALS)
