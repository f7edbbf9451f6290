# SPDX-License-Identifier: Apache-2.0
"""One density serves every step: masses are those of the mixture on bins that wide, and files cost what is counted."""

from __future__ import annotations

import pytest
import torch

from mezzotint.errors import MezzotintError
from mezzotint.lab.priors.stepped import Bins, Stepped

SPREAD = torch.tensor([0.5, 2.0, 8.0, 0.01])


@pytest.fixture
def prior() -> Stepped:
    torch.manual_seed(0)
    made = Stepped(SPREAD)
    for p in made.parameters():
        p.data += 0.2 * torch.randn_like(p)
    return made.eval()


def latents(step: float, seed: int = 0) -> torch.Tensor:
    """Laplacians of the spread, in steps."""
    u = torch.rand(1, 4, 24, 32, generator=torch.Generator().manual_seed(seed)) - 0.5
    return -torch.sign(u) * torch.log1p(-2 * u.abs()) * SPREAD.view(1, -1, 1, 1) / 1.414 / step


def steps(step: float) -> torch.Tensor:
    return torch.full((1, 4, 1, 1), step)


@torch.no_grad()
def test_masses_are_those_of_a_mixture_on_wider_bins(prior: Stepped) -> None:
    """Against torch's own logistic distribution, and summing up to one."""
    step = 0.7
    weight = prior.logit.softmax(0)[:, 1, 0, 0]
    scale = prior.log_scale.exp()[:, 1, 0, 0] * SPREAD[1]
    mean = prior.mean[1, 0, 0] * SPREAD[1]
    k = torch.arange(-40.0, 41)

    def below(x: torch.Tensor) -> torch.Tensor:
        return (weight[:, None] * torch.sigmoid((x * step - mean) / scale[:, None])).sum(0)

    wanted = below(k + 0.5) - below(k - 0.5)
    seen: list[Bins] = []

    class Watch:
        size = (1, 1, 81)

        def __call__(self, pick, density):
            seen.append(density)
            return torch.zeros(density.shape)

    prior.walk(Watch(), steps(step))
    found = seen[0].mass(k.expand(1, 4, 1, 81))[0, 1, 0]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-3)
    assert abs(found.sum() - 1) < 1e-3


@torch.no_grad()
@pytest.mark.parametrize("step", [0.02, 0.3, 5.0])
def test_files_come_back_and_cost_what_is_counted(prior: Stepped, step: float) -> None:
    y = latents(step)
    out = prior(y, steps(step))
    chunks = prior.compress(y, steps(step))
    assert torch.equal(out.y_hat, y.round())
    assert torch.equal(prior.decompress(chunks, 24, 32, steps(step)), out.y_hat)
    bits = 8 * sum(map(len, chunks))
    assert bits == pytest.approx(out.bits.item(), rel=0.02, abs=64)


@torch.no_grad()
def test_a_finer_step_by_four_costs_two_bits_more(prior: Stepped) -> None:
    fine, coarse = (prior(latents(s), steps(s)).bits.item() / latents(s).numel() for s in (0.0005, 0.002))
    assert fine - coarse == pytest.approx(2, abs=0.05)


@torch.no_grad()
def test_far_values_and_silence_come_back(prior: Stepped) -> None:
    for y in (torch.zeros(1, 4, 4, 4), 30000 * latents(1.0)[:, :, :4, :4]):
        assert torch.equal(prior.decompress(prior.compress(y, steps(1.0)), 4, 4, steps(1.0)), y.round())


def test_gradients_reach_all_parameters() -> None:
    prior = Stepped(SPREAD)
    out = prior(latents(0.3), steps(0.3))
    out.bits.sum().backward()
    assert all(
        p.grad is not None and torch.isfinite(p.grad).all() and p.grad.any() for p in prior.parameters()
    )


def test_steps_must_be_given_and_chunks_whole(prior: Stepped) -> None:
    y = latents(1.0)
    with pytest.raises(ValueError, match="give the steps"):
        prior(y)
    with pytest.raises(ValueError, match="give the steps"):
        prior(y, torch.ones(1, 3, 1, 1))
    with pytest.raises(MezzotintError):
        prior.decompress((prior.compress(y, steps(1.0))[0][:-4],), 24, 32, steps(1.0))
