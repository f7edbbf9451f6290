# SPDX-License-Identifier: Apache-2.0
"""Contexts: sites against plain loops; what training sees at once is what the walk sees pass by pass, and no more."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.lab.models.dct_grid import Grid, Walk, added
from mezzotint.lab.priors.counted import STEPS, steps_of
from mezzotint.lab.priors.magnitudes import POINT, Magnitudes
from mezzotint.lab.priors.sites import Sites, sites


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4), (3, 1), (4, 5)])
def test_sites_and_their_neighbours(height: int, width: int) -> None:
    at = sites(height, width)
    places = [divmod(int(place), width) for place in at.raster]
    assert sorted(places) == [(r, c) for r in range(height) for c in range(width)]
    assert all((r + c) % 2 == (k >= at.first) for k, (r, c) in enumerate(places))
    assert np.array_equal(at.raster[at.where], np.arange(height * width))
    for k, (r, c) in enumerate(places):
        for found, wanted in zip(
            at.beside[:, k], ((r, c - 1), (r, c + 1), (r - 1, c), (r + 1, c)), strict=True
        ):
            assert (places[found] if found < len(places) else None) == (wanted if wanted in places else None)


def stirred(size: int, means: bool) -> Grid:
    torch.manual_seed(0)
    grid = Grid(size, means, 3, 19)
    grid.context.log_weight.data = torch.randn(grid.context.log_weight.shape) - 2
    grid.context.freeze()
    return grid


def symbols_of(grid: Grid, at: Sites) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.rint(rng.laplace(0, 1.5, (grid.context.channels, at.raster.size))).astype(np.int32)


def numbers_of(grid: Grid, at: Sites, symbols: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The tables that a walk over these symbols takes."""
    walk = Walk(grid.context.levels, lambda span, where, numbers: symbols[span, where])
    return grid.walk(at, 1500, outer, walk).numbers


@pytest.mark.parametrize(("size", "means"), [(4, True), (8, False)])
def test_training_sees_what_the_walk_sees(size: int, means: bool) -> None:
    """All rows at once, and the sum of each channel in whole numbers, against pass after pass."""
    grid, at = stirred(size, means), sites(3, 4)
    symbols, outer = symbols_of(grid, at), np.arange(36).reshape(3, 12)
    walked = numbers_of(grid, at, symbols, outer)
    magnitude = torch.from_numpy(np.abs(symbols)).double()[:, None]
    rows = grid.rows(magnitude, at, torch.from_numpy(outer).double()[:, None])[:, 0].long().numpy()
    c = grid.context
    for phase in (0, 1):
        part = at.span(phase)
        scale = added(rows[:, part], c.sources.numpy(), c.integers(1500)[phase])
        assert np.array_equal(walked[:, part], steps_of(scale, POINT) + grid.first_table[:, None])
    floats = c.scales(torch.from_numpy(rows)[:, None].float(), at.first, torch.tensor([1500.0]))[:, 0]
    nearly = steps_of((floats.detach().double().numpy() * (1 << POINT)).astype(np.int64), POINT)
    assert np.mean(nearly + grid.first_table[:, None] != walked) < 0.01


def test_a_table_hangs_on_nothing_that_is_coded_later() -> None:
    grid, at = stirred(4, True), sites(2, 4)
    symbols, outer = symbols_of(grid, at), np.zeros((3, 8), np.int64)
    before = numbers_of(grid, at, symbols, outer)
    passes = list(grid.passes(grid.context.levels, at))
    moved = 0
    for k, (span, where) in enumerate(passes):
        changed = symbols.copy()
        changed[span, where] += 40
        after = numbers_of(grid, at, changed, outer)
        for earlier in passes[: k + 1]:
            assert np.array_equal(before[earlier], after[earlier])
        moved += any((before[later] != after[later]).any() for later in passes[k + 1 :])
    assert moved == len(passes) - 1, "and on everything before"


def test_without_reach_a_scale_is_a_constant_of_channel_and_pass() -> None:
    context = Magnitudes(4, True, 2, 0)
    assert context.sources.shape == (48, 1) and bool((context.sources == context.one).all())
    context.log_weight.data[0] += 1
    context.freeze()
    low, middle, high = (context.integers(q).astype(float) for q in (0, 2048, 4095))
    np.testing.assert_allclose(middle, (low + high) / 2, rtol=1e-3)
    assert (low > 2 * high).all()


def test_steps_of_scale_meet_their_limits() -> None:
    scales = np.array([0, 1, 1 << POINT, 300 << POINT, 1 << 40], np.int64)
    steps = steps_of(scales, POINT)
    assert steps[0] == 0 and steps[-1] == STEPS - 1 and (np.diff(steps) >= 0).all()
