# SPDX-License-Identifier: Apache-2.0
"""Digits on their grid: tables that are whole distributions, groups that need not be sent."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.priors import normal
from mezzotint.lab.priors.grid import EIGHTHS, first_of, grid, mass, tables
from mezzotint.lab.priors.grid_context import GridContext

LEVELS = (8, 5, 5, 5)


def digits(batch: int = 1, tokens: int = 3, side: int = 8, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    last = torch.tensor(LEVELS * tokens)[:, None, None] - 1
    return (torch.rand(batch, 4 * tokens, side, side, generator=g) * (last + 1) - 0.5).clamp(-0.499, 1e9)


@pytest.mark.parametrize("levels", [2, 5, 8])
def test_masses_of_all_levels_are_one(levels: int) -> None:
    values = torch.arange(levels).double()
    for mean in (0.0, 0.5, levels - 1.0):
        for scale in (0.11, 1.0, 200.0):
            found = mass(
                values, torch.tensor(mean).double(), torch.tensor(scale).double(), torch.tensor(levels)
            )
            assert float(found.sum()) == pytest.approx(1, abs=1e-6)


def test_tables_are_those_of_their_number() -> None:
    number = first_of((2, 5))[1] + (3 * EIGHTHS + 2) * normal.INDEX_COUNT + 20
    scale = normal.scale_of(torch.tensor(20.0))
    wanted = mass(torch.arange(5.0), torch.tensor(3.25), scale, torch.tensor(5.0))
    found = torch.tensor(tables((2, 5)).tables[number].frequencies.astype("int64")) / 2.0**24
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-3)


def test_predicted_means_lie_between_the_outermost_levels() -> None:
    raw = torch.linspace(-1000, 1000, 41).view(1, 1, 1, 41)
    for training in (True, False):
        mean = grid(raw, torch.zeros_like(raw), (5,), training).mean
        assert mean.min() >= 0 and mean.max() <= 4 and float(mean[..., 20]) == 2
        assert training or torch.equal(mean * 8, (mean * 8).round())


@pytest.fixture(scope="module")
def prior() -> GridContext:
    torch.manual_seed(0)
    made = GridContext(12, 4, LEVELS, width=16)
    for p in made.parameters():
        p.data += 0.05 * torch.randn_like(p)
    return made.eval()


@torch.no_grad()
@pytest.mark.parametrize("sent", [1, 2, 3])
def test_only_the_groups_that_are_sent_are_coded(prior: GridContext, sent: int) -> None:
    y, groups = digits(), torch.tensor(sent)
    coded, chunks = prior(y, groups), prior.compress(y, groups)
    assert len(chunks) == 2 * sent, "a chunk for each colour of a group"
    assert torch.equal(prior.decompress(chunks, 8, 8, groups), coded.y_hat)
    assert torch.equal(coded.y_hat[:, : 4 * sent], y[:, : 4 * sent].round())
    assert (coded.y_hat[:, 4 * sent :] == 0).all()
    assert abs(8 * sum(map(len, chunks)) - float(coded.bits)) < 64 * len(chunks)


@torch.no_grad()
def test_later_groups_do_not_change_what_earlier_cost(prior: GridContext) -> None:
    y = digits()
    other = torch.cat([y[:, :4], digits(seed=1)[:, 4:]], 1)
    assert torch.equal(prior(y, torch.tensor(1)).bits, prior(other, torch.tensor(1)).bits)
    assert not torch.equal(prior(y).bits, prior(other).bits)


@pytest.mark.parametrize("sent", [0, 4])
def test_groups_that_do_not_exist_are_refused(prior: GridContext, sent: int) -> None:
    with pytest.raises(ValueError, match="give from 1"):
        prior(digits(), torch.tensor(sent))


@pytest.mark.parametrize("options", [{"size": 5}, {"levels": (8, 5)}, {"levels": (1, 5, 5, 5)}])
def test_options_that_do_not_fit_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="choose|give"):
        GridContext(12, **options)
