# SPDX-License-Identifier: Apache-2.0
"""The block transform codec: choices against all choices, tables against counts, and slopes against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.lab.models import dct_grid
from mezzotint.lab.models.dct_choice import Chooser, cheapest
from mezzotint.lab.models.multirate import MultiRate
from mezzotint.lab.priors.counted import LEAST, MOVED, RATIO, REACH, STEPS, Counted, laplacian_bits, reach_of


def test_a_laplacian_s_bits_are_those_of_its_masses() -> None:
    scale, k = torch.tensor(1.7, dtype=torch.float64), torch.arange(60, dtype=torch.float64)
    mass = torch.exp2(-laplacian_bits(k, scale))
    assert abs(mass[0] + 2 * mass[1:].sum() - 1) < 1e-9
    below = lambda x: 0.5 * torch.exp(-x / scale)  # noqa: E731 - the mass beyond x
    torch.testing.assert_close(mass[1:], below(k[1:] - 0.5) - below(k[1:] + 0.5), rtol=1e-9, atol=0)


def test_the_cheapest_symbol_is_the_cheapest_of_all() -> None:
    torch.manual_seed(0)
    r, scale, worth = 4 * torch.randn(2000), torch.rand(2000) + 0.3, torch.tensor(6.0)
    tried = torch.arange(30.0)[:, None]
    costs = laplacian_bits(tried, scale) + worth * (r.abs() - tried).square()
    found = cheapest(r, scale, worth)
    mine = laplacian_bits(found.abs(), scale) + worth * (r - found).square()
    torch.testing.assert_close(mine, costs.amin(0))
    assert (found.abs() < r.abs().round()).any(), "and not always the nearest"


def test_an_encoder_chooses_by_its_tables() -> None:
    rng = np.random.default_rng(0)
    counted = Counted(1)
    moved = rng.uniform(-0.1, 0.1, (STEPS, MOVED)).astype(np.float32)
    r = rng.laplace(0, 3, (4, 500)).astype(np.float32)
    worth = np.full(4, 7, np.float32)
    numbers = rng.integers(0, STEPS, r.shape).astype(np.uint16)
    found = Chooser(r, worth, counted.costs(), moved)(slice(0, 4), slice(0, 500), numbers)
    assert ((found == 0) | (np.sign(found) == np.sign(r))).all()

    def cost(magnitude: np.ndarray) -> np.ndarray:
        added = np.where(magnitude > 0, moved[numbers, np.clip(magnitude, 1, MOVED) - 1], 0)
        return counted.costs()[numbers, magnitude] + 7 * (np.abs(r) - magnitude - added) ** 2

    near = np.rint(np.abs(r)).astype(int)
    best = np.min([cost(m) for m in (0 * near, near, np.maximum(near - 1, 0))], 0)
    np.testing.assert_allclose(cost(np.abs(found)), best, rtol=1e-5)


def test_tables_follow_counts_and_else_a_laplacian() -> None:
    counted, seen = Counted(1), np.zeros((STEPS, REACH + 2), np.int64)
    step = 25
    seen[step, :4] = 4_000_000, 2_000_000, 1_000_000, 500_000
    counted.count(seen, np.zeros((STEPS, MOVED)))
    table = counted.tables().tables[step]
    reach = reach_of(step)
    assert (table.minimum, table.maximum, table.escape) == (-reach, reach, True)
    share = table.frequencies / 2**24
    np.testing.assert_allclose(share[reach - 1 : reach + 3], np.array([1, 4, 1, 0.5]) / 7.5, rtol=1e-3)
    assert np.array_equal(share[: 2 * reach + 1], share[: 2 * reach + 1][::-1])
    loaded = Counted(1)
    assert not np.array_equal(loaded.tables().tables[step].frequencies, table.frequencies)
    loaded.load_state_dict(counted.state_dict())
    assert np.array_equal(loaded.tables().tables[step].frequencies, table.frequencies)
    other = counted.tables().tables[40]
    scale = torch.tensor(LEAST * RATIO**40).double()
    wanted = torch.exp2(-laplacian_bits(torch.arange(5.0).double(), scale)).numpy()
    np.testing.assert_allclose(other.frequencies[other.value_count // 2 :][:5] / 2**24, wanted, rtol=0.01)


def test_what_is_added_to_a_magnitude_is_its_mean_error() -> None:
    counted, seen, moves = Counted(1), np.zeros((STEPS, REACH + 2), np.int64), np.zeros((STEPS, MOVED))
    seen[3, 1:6], moves[3] = 100_000, (5_000, -2_000, 9_000)
    counted.count(seen, moves)
    np.testing.assert_allclose(counted.moved[3], (0.05, -0.02, 0.03), rtol=2e-3)


@pytest.mark.parametrize("quality", [300.0, 2500.0])
def test_steps_are_pulled_down_their_cost(quality: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean slope of a group's step, against the cost with that group's step moved alone."""
    torch.manual_seed(0)
    grid = MultiRate(8, 2, 0, 3, 19).fine
    dial = torch.tensor([quality])
    y = torch.zeros(1, 192, 12, 12)
    y[:, 1:9] = 1.2 * grid.steps(dial)[0, 0, 0] * torch.randn(1, 8, 12, 12)
    outer = torch.zeros(3, 1, 144)
    monkeypatch.setattr(dct_grid, "NUDGE", 0.3)
    slopes = []
    for _ in range(60):
        grid.log_step.grad = None
        grid.quantised(y, dial, outer).pull.sum().backward()
        slopes.append(grid.log_step.grad.sum(0))
    group = int(grid.group[0])  # the lowest frequencies, of which contexts are made, too
    found = float(torch.stack(slopes).mean(0)[group])

    def cost(by: float) -> float:
        with torch.no_grad():
            step = grid.steps(dial).clone()
            step[grid.group == group] *= 2**by
            at = dct_grid.sites(12, 12)
            return float(grid._chosen(grid.sorted(y), step, at, dial, outer)[1][grid.group == group].sum())

    wanted = (cost(0.3) - cost(-0.3)) / 0.6
    assert abs(wanted) > 3 and abs(found - wanted) < 0.35 * abs(wanted)
