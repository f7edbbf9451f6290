# SPDX-License-Identifier: Apache-2.0
"""Speed of entropy coding alone, grouping by table included: million symbols a second on one thread.

Two mixtures of 64 Gaussian tables (sigma 0.11 to 128, table 0 certain). "photo" is like a photo at middle quality:
45 % of the symbols certain, 15 % at sigma below 0.2, the rest at geometrically falling scales up to table 30. "hard"
has no certain symbol and tables 1 to 40 alike. Table numbers are drawn independently, which is hard on the sort; those
of a photo come in runs. Processor time is given beside wall time, because a busy machine stretches the latter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil, erf, sqrt

import numpy as np
from numpy.typing import NDArray

from mezzotint import entropy
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.spread import Spread, spread

SIGMAS = np.geomspace(0.11, 128, 64)


@dataclass(frozen=True)
class Symbols:
    """One mixture one way; million symbols a second."""

    mixture: str
    side: str  # "encode" or "decode"
    per_s: Spread  # of wall time
    per_processor_s: Spread
    bits_per_symbol: float
    certain_share: float  # symbols that cost nothing


def symbols(repeat: int, count: int) -> Iterator[Next | Step | Symbols]:
    """Four rows. AssertionError if the symbols do not come back."""
    yield Next("entropy coding alone", 4)
    tables = _tables()
    for name, mixture in (("photo", _photo), ("hard", _hard)):
        rng = np.random.default_rng(0)
        indices = mixture(rng, count)
        values = _draw(rng, indices)
        data = entropy.encode(values, indices, tables)
        assert np.array_equal(entropy.decode(data, indices, tables), values)
        sides: tuple[tuple[str, Callable[[], object]], ...] = (
            ("encode", partial(entropy.encode, values, indices, tables)),
            ("decode", partial(entropy.decode, data, indices, tables)),
        )
        for side, work in sides:
            wall, processor = _rates(work, repeat, count)
            certain = float(np.mean(indices == 0))
            yield Symbols(name, side, wall, processor, 8 * len(data) / count, certain)
            yield Step()


def _tables() -> entropy.TableSet:
    certain = entropy.Table(0, np.array([entropy.TOTAL], np.uint32))
    return entropy.TableSet((certain, *(_gaussian(sigma) for sigma in SIGMAS[1:])))


def _gaussian(sigma: float) -> entropy.Table:
    reach = max(1, ceil(4.4 * sigma))
    edges = [erf((k - 0.5) / sigma / sqrt(2)) / 2 for k in range(-reach, reach + 2)]
    mass = np.append(np.diff(edges), 2.0**-17)
    frequencies = 1 + np.floor(mass / mass.sum() * (entropy.TOTAL - mass.size)).astype(np.int64)
    frequencies[frequencies.argmax()] += entropy.TOTAL - frequencies.sum()
    return entropy.Table(-reach, frequencies.astype(np.uint32), escape=True)


def _photo(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    kind = rng.random(count)
    falling = np.minimum(5 + rng.geometric(0.12, count), 30)
    indices = np.where(kind < 0.45, 0, np.where(kind < 0.6, rng.integers(1, 6, count), falling))
    return indices.astype(np.uint8)


def _hard(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    return rng.integers(1, 41, count).astype(np.uint8)


def _draw(rng: np.random.Generator, indices: NDArray[np.uint8]) -> NDArray[np.int32]:
    sigma = np.where(indices > 0, SIGMAS[indices], 0)
    return np.rint(rng.normal(0, 1, indices.size) * sigma).astype(np.int32)


def _rates(work: Callable[[], object], repeat: int, count: int) -> tuple[Spread, Spread]:
    """Million symbols a second of wall time and of processor time."""
    work()
    wall, processor = [], []
    for _ in range(repeat):
        start, start_processor = time.perf_counter(), time.thread_time()
        work()
        processor.append(count / 1e6 / (time.thread_time() - start_processor))
        wall.append(count / 1e6 / (time.perf_counter() - start))
    return spread(wall), spread(processor)
