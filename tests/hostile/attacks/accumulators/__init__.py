# SPDX-License-Identifier: Apache-2.0
"""Row 14: no sum in an integer layer leaves the type that it is added up in, and so every machine finds the same.

For each bundle at hand and each of its layers, the bound that its weights prove is held against the type that the codec
is seen to use; then adversarial latents go through the layers in float32, float64 and int64, in several runtimes, and
through the codec's own code. Trap: a type that merely happens to be exact for these latents proves nothing, so a bound
over the limit is wrong even where all agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from attacks.accumulators.bench import Bench, Ways
from attacks.accumulators.products import products
from attacks.files import ROOT
from attacks.trial import SHOWN, Outcome, nothing
from mezzotint.bundle import Bundle, default, load

WHOLE = 10_000  # latents for each bundle
BLOCK = 100


@dataclass(frozen=True)
class Proved(Outcome):
    """`tried` counts latents times checks. bounds: bundle -> layer -> bound, largest sum seen, types, their limit."""

    bounds: dict[str, dict[str, Any]] = field(default_factory=dict)


def attack(count: int, seed: int, tick: Callable[[], object] = nothing, ways: Ways | None = None) -> Proved:
    """`count` latents of each bundle; `ways` to multiply are all that are installed unless given."""
    found, left_out = products() if ways is None else (dict(ways), [])
    rng, slowest = np.random.default_rng(seed), 0.0
    benches = [Bench(name, bundle, found) for name, bundle in bundles()]
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        for bench in benches:
            begun = perf_counter()
            bench.block(size, rng)
            slowest = max(slowest, perf_counter() - begun)
        for _ in range(size):
            tick()
    for bench in benches:
        bench.proof()
    faults = [fault for bench in benches for fault in bench.faults]
    tried, wrong = (sum(getattr(bench, name) for bench in benches) for name in ("tried", "wrong"))
    bounds = {bench.name: bench.figures() for bench in benches}
    return Proved(tried, 0, wrong, slowest, None, 0.0, tuple(faults[:SHOWN]), tuple(left_out), bounds)


def bundles() -> list[tuple[str, Bundle]]:
    """The default one and all that the repository keeps."""
    kept = sorted(path for folder in ("runs", "tests") for path in (ROOT / folder).rglob("*.mztm"))
    return [("default", default()), *((path.stem, load(path)) for path in kept)]
