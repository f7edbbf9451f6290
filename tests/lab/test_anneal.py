# SPDX-License-Identifier: Apache-2.0
"""Soft coins fall as often as the paper's formula says; annealed latents cost less and leave everything else alone."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from mezzotint.lab.models.anneal import Coins, Plan, Target, anneal, real_cost
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.normal import Normal
from mezzotint.lab.priors.selective import Selective

QUALITY = torch.tensor([2000.0])


def framed(skeleton_start: tuple[Tensor, Tensor], prior: str = "hyperprior(width=8)") -> Framed:
    torch.manual_seed(0)
    analysis, synthesis = transforms(Start(*skeleton_start), "depthwise")
    return Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis).eval()


@pytest.fixture(scope="module")
def model(skeleton_start: tuple[Tensor, Tensor]) -> Framed:
    return framed(skeleton_start)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    g = torch.Generator().manual_seed(0)
    x = 0.3 * torch.sin(rows / 7) * torch.cos(columns / 11) + 0.03 * torch.randn(3, 64, 64, generator=g)
    return x[None]


def coins(temperature: float) -> Coins:
    return Coins(torch.zeros(1, 1, 4, 4), temperature, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("above", [0.2, 0.5, 0.7])
@pytest.mark.parametrize("temperature", [0.25, 0.5, 1.0])
def test_odds_are_those_of_the_distances(above: float, temperature: float) -> None:
    """A coin lies above one half as often as a choice among floor and ceiling by exp(-atanh(distance) / t) is up."""
    value = torch.full((1, 1, 200, 200), 3 + above)
    up = (coins(temperature).tossed(value) > 0.5).float().mean().item()
    down_weight, up_weight = torch.exp(-torch.atanh(torch.tensor([above, 1 - above])) / temperature)
    assert up == pytest.approx((up_weight / (up_weight + down_weight)).item(), abs=0.01)


def test_cold_coins_are_whole_and_round_to_the_nearest() -> None:
    value = torch.linspace(-5, 5, 4001)
    value = value[((value - value.floor()) - 0.5).abs() > 0.05].view(1, 1, 1, -1)
    torch.testing.assert_close(value.floor() + coins(0.01).tossed(value), value.round(), atol=1e-3, rtol=0)


def test_warm_coins_stay_between_the_neighbours_and_have_gradients() -> None:
    value = (3 * torch.randn(1, 1, 40, 40)).requires_grad_()
    tossed = coins(0.5).tossed(value)
    assert ((tossed >= 0) & (tossed <= 1)).all()
    (gradient,) = torch.autograd.grad(tossed.sum(), value)
    assert torch.isfinite(gradient).all() and (gradient > 0).float().mean() > 0.5


def test_temperature_holds_and_then_falls_to_the_end() -> None:
    plan = Plan(steps=11, hot=0.5, cold=0.1, hold=0.3)
    course = [plan.temperature(step) for step in range(11)]
    assert course[:4] == [0.5] * 4 and course[-1] == pytest.approx(0.1)
    assert all(a > b for a, b in itertools.pairwise(course[3:]))
    assert Plan(steps=1).temperature(0) == 0.5


@pytest.mark.parametrize("prior", ["hyperprior(width=8)", "channel_slices(slices=2, width=8)"])
def test_costs_less(skeleton_start: tuple[Tensor, Tensor], picture: Tensor, prior: str) -> None:
    model = framed(skeleton_start, prior)
    target = Target(picture, float(lambda_of(QUALITY)), (64, 64))
    before = real_cost(model, model.latent(picture, QUALITY), QUALITY, target)
    after = real_cost(model, anneal(model, picture, QUALITY, Plan(15)), QUALITY, target)
    print(f"{prior}: {before:.0f} -> {after:.0f} bits")
    assert after < 0.999 * before


def test_a_bad_plan_gives_back_the_start(model: Framed, picture: Tensor) -> None:
    wild = anneal(model, picture, QUALITY, Plan(3, rate=100.0))
    assert torch.equal(wild, model.latent(picture, QUALITY))


def test_is_the_same_twice_and_leaves_no_trace(model: Framed, picture: Tensor) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with torch.no_grad():  # as encoders call it
        first = anneal(model, picture, QUALITY, Plan(4))
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.prior.training and all(p.grad is None for p in model.parameters())
    assert torch.equal(anneal(model, picture, QUALITY, Plan(4)), first) and not first.requires_grad


def test_errors_in_the_padding_are_free() -> None:
    x = torch.zeros(1, 3, 64, 64)
    wrong = x.clone()
    wrong[:, :, 40:] += 1
    target = Target(x, 2.0, (40, 64))
    assert target.price(wrong) == 0
    wrong[0, 0, 3, 3] = 0.1
    assert target.price(wrong).item() == pytest.approx(2 * (0.1 * 255) ** 2 / 3)


@pytest.mark.parametrize(("batch", "steps"), [(2, 3), (1, 0)])
def test_refuses_a_batch_and_no_steps(model: Framed, picture: Tensor, batch: int, steps: int) -> None:
    with pytest.raises(ValueError, match="one picture"):
        anneal(model, picture.expand(batch, -1, -1, -1), QUALITY, Plan(steps))


def test_symbols_that_are_not_sent_stay_at_their_mean() -> None:
    """Where a density rounds whole numbers to others, coins fall on those."""
    density = Selective.of(Normal(torch.full((1, 1, 4, 4), 0.5), torch.zeros(1, 1, 4, 4), False), skip=3)
    leader = Coins(torch.full((1, 1, 4, 4), 2.4), 0.3, torch.Generator().manual_seed(0))
    assert (leader(lambda y: y, density) == 0.5).all()
