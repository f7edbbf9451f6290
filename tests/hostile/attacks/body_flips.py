# SPDX-License-Identifier: Apache-2.0
"""Row 3: 1 to 8 bits behind the header turned over, the checksums left as they are: all are called damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attacks.bits import flipped, one, some_bits
from attacks.files import small
from attacks.trial import Case, Outcome, nothing, run
from mezzotint.bitstream import unpack_preamble
from mezzotint.errors import DamagedFile

WHOLE = 100_000


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    return run(cases(count, seed), tick)


def cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    starts = {sample.name: unpack_preamble(sample.data).size for sample in small()}
    for _ in range(count):
        sample = one(small(), rng)
        bits = some_bits(rng, starts[sample.name], len(sample.data))
        data = flipped(sample.data, bits)
        yield Case(f"{sample.name}, body bits {bits}", data, sample.model, (DamagedFile,))
