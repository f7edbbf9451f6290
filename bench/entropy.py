# SPDX-License-Identifier: Apache-2.0
"""Speed of entropy coding alone, grouping by table included: million symbols a second, medians.

    python bench/entropy.py [--symbols N] [--runs N] [--json FILE]

Two mixtures of 64 Gaussian tables (sigma 0.11 to 128, table 0 certain). "photo" is like a photo at middle quality:
45 % of the symbols certain, 15 % at sigma below 0.2, the rest at geometrically falling scales up to table 30. "hard"
has no certain symbol and tables 1 to 40 alike. Table numbers are drawn independently, which is hard on the sort; those
of a photo come in runs. One thread: constriction holds the GIL. Processor time is given beside wall time, because a
busy machine stretches the latter.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from math import ceil, erf, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mezzotint import entropy

SIGMAS = np.geomspace(0.11, 128, 64)


def gaussian(sigma: float) -> entropy.Table:
    reach = max(1, ceil(4.4 * sigma))
    edges = [erf((k - 0.5) / sigma / sqrt(2)) / 2 for k in range(-reach, reach + 2)]
    mass = np.append(np.diff(edges), 2.0**-17)
    frequencies = 1 + np.floor(mass / mass.sum() * (entropy.TOTAL - mass.size)).astype(np.int64)
    frequencies[frequencies.argmax()] += entropy.TOTAL - frequencies.sum()
    return entropy.Table(-reach, frequencies.astype(np.uint32), escape=True)


def tables() -> entropy.TableSet:
    certain = entropy.Table(0, np.array([entropy.TOTAL], np.uint32))
    return entropy.TableSet((certain, *(gaussian(sigma) for sigma in SIGMAS[1:])))


def photo(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    kind = rng.random(count)
    falling = np.minimum(5 + rng.geometric(0.12, count), 30)
    indices = np.where(kind < 0.45, 0, np.where(kind < 0.6, rng.integers(1, 6, count), falling))
    return indices.astype(np.uint8)


def hard(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    return rng.integers(1, 41, count).astype(np.uint8)


def draw(rng: np.random.Generator, indices: NDArray[np.uint8]) -> NDArray[np.int32]:
    sigma = np.where(indices > 0, SIGMAS[indices], 0)
    return np.rint(rng.normal(0, 1, indices.size) * sigma).astype(np.int32)


def median_times(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Wall and processor seconds."""
    work()
    wall, cpu = [], []
    for _ in range(runs):
        start, start_cpu = time.perf_counter(), time.thread_time()
        work()
        cpu.append(time.thread_time() - start_cpu)
        wall.append(time.perf_counter() - start)
    return statistics.median(wall), statistics.median(cpu)


def measure(count: int, runs: int) -> dict[str, dict[str, float]]:
    coding, results = tables(), {}
    for mixture in (photo, hard):
        rng = np.random.default_rng(0)
        indices = mixture(rng, count)
        values = draw(rng, indices)
        data = entropy.encode(values, indices, coding)
        assert np.array_equal(entropy.decode(data, indices, coding), values)
        encode = median_times(lambda v=values, i=indices: entropy.encode(v, i, coding), runs)  # type: ignore[misc]
        decode = median_times(lambda d=data, i=indices: entropy.decode(d, i, coding), runs)  # type: ignore[misc]
        speeds = {
            "bits_per_symbol": 8 * len(data) / count,
            "certain_share": float(np.mean(indices == 0)),
            "encode": count / encode[0] / 1e6,
            "decode": count / decode[0] / 1e6,
            "encode_processor": count / encode[1] / 1e6,
            "decode_processor": count / decode[1] / 1e6,
        }
        results[mixture.__name__] = {name: round(value, 3) for name, value in speeds.items()}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--symbols", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the results here too")
    options = parser.parse_args()
    results = measure(options.symbols, options.runs)
    print("M symbols/s        encode   decode   (of processor time: encode, decode)   bits/symbol")
    for name, row in results.items():
        print(
            f"{name:16}{row['encode']:9.1f}{row['decode']:9.1f}"
            f"{row['encode_processor']:25.1f}{row['decode_processor']:8.1f}{row['bits_per_symbol']:16.2f}"
        )
    if options.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        document = {
            "command": "python bench/entropy.py",
            "symbols": options.symbols,
            "runs": options.runs,
            "machine": machine,
            "million_symbols_per_second": results,
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
