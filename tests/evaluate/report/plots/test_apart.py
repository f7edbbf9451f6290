# SPDX-License-Identifier: Apache-2.0
"""Labels that are moved apart."""

from __future__ import annotations

import itertools
import random

import pytest

from mezzotint.evaluate.report.plots.apart import apart


def test_what_fits_stays() -> None:
    assert apart([5.0, 1.0, 9.0], 1.0, 0, 10) == [5.0, 1.0, 9.0]
    assert apart([], 1.0, 0, 10) == []


def test_neighbours_part_evenly_and_blocks_merge() -> None:
    assert apart([5.0, 5.0], 2.0, 0, 10) == [4.0, 6.0]
    assert apart([5.0, 5.2, 8.0], 2.0, 0, 10) == pytest.approx([4.0667, 6.0667, 8.0667], abs=1e-3)
    assert apart([9.9, 9.8], 2.0, 0, 10) == [10.0, 8.0]
    assert apart([-3.0, 0.1], 2.0, 0, 10) == [0.0, 2.0]


@pytest.mark.parametrize("seed", range(20))
def test_none_covers_another_and_the_order_stays(seed: int) -> None:
    rng = random.Random(seed)
    wanted = [rng.uniform(-2, 12) for _ in range(rng.randint(1, 20))]
    places = apart(wanted, 0.5, 0, 10)
    ranks = sorted(range(len(wanted)), key=lambda index: wanted[index])
    ordered = [places[index] for index in ranks]
    assert all(after - before >= 0.5 - 1e-9 for before, after in itertools.pairwise(ordered))
    assert min(places) >= -1e-9 and max(places) <= 10 + 1e-9
