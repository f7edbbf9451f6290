# SPDX-License-Identifier: Apache-2.0
"""IPR loss: the critic is frozen and in no file, its distance moves the codec, and the judge asks networks only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import CLASSES, Labelled
from mezzotint.lab.models.classifier import LAYERS, ConvClassifier, TokenClassifier
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.preserving import Preserving, distance
from mezzotint.lab.recipes.published import ipr_loss as recipe
from mezzotint.lab.systems import System, stream, task
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.ipr_loss import IprLoss


@pytest.fixture(scope="module")
def critic(crops: Crops) -> ConvClassifier:
    torch.manual_seed(0)
    model = ConvClassifier(len(CLASSES))
    for step in range(3):
        model(Labelled(crops).at(step).x)
    return model.eval()


@pytest.mark.parametrize("depth", [1, 2, LAYERS])
def test_distance_is_that_of_layers(critic: ConvClassifier, crops: Crops, depth: int) -> None:
    """Against the sums written out, for pictures of four tiles."""
    x = torch.cat([torch.cat([crops.at(0), crops.at(1)], 2), torch.cat([crops.at(2), crops.at(3)], 2)], 3)
    x_hat = (x + 0.05 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    found = distance(critic, x, x_hat, depth)
    total = torch.zeros(())
    with torch.no_grad():
        sides = [[p[:, :, r : r + 64, c : c + 64] for r in (0, 64) for c in (0, 64)] for p in (x, x_hat)]
        a, b = (torch.cat(side) for side in sides)
        for layer in (*critic.early, *critic.late)[:depth]:
            a, b = layer(a), layer(b)
            total += ((a - b) ** 2).sum() / (a**2).sum() / depth
    torch.testing.assert_close(found.detach(), total, rtol=1e-4, atol=0)
    assert distance(critic, x, x, depth) == 0
    found.backward()
    assert x_hat.grad.abs().max() > 0


def test_the_critic_stays_frozen_and_leaves_no_trace(start: Start, crops: Crops) -> None:
    system = IprLoss(start)
    system.learn(crops, 1, 0)
    inside = {id(p) for p in system.parameters()}
    assert all(id(p) not in inside and not p.requires_grad for p in system.critic.parameters())
    before = [v.clone() for v in system.critic.state_dict().values()]
    both = Preserving(system.framed, system.critic, 5.0, 2).train()
    assert both.framed.training and not both.critic.training
    x = torch.rand(1, 3, 64, 64) - 0.5
    out = both(x, torch.tensor([1000.0]))
    assert out.extra > 0
    (slope,) = torch.autograd.grad(out.extra, system.framed.synthesis.head.weight)
    assert slope.abs().max() > 0
    after = system.critic.state_dict().values()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_step_along_the_slope_lowers_the_distance(
    critic: ConvClassifier, start: Start, crops: Crops
) -> None:
    """By about as much as the slope says: a tenth."""
    torch.manual_seed(0)
    both = Preserving(IprLoss(start).framed, critic, 3.0, 3).eval()
    x, quality = Labelled(crops).at(0).x[:1], torch.tensor([0.0])
    weights = list(both.framed.synthesis.parameters())
    before = both(x, quality).extra
    slopes = torch.autograd.grad(before, weights)
    stride = 0.1 * before.item() / sum(g.square().sum() for g in slopes)
    with torch.no_grad():
        for weight, slope in zip(weights, slopes, strict=True):
            weight -= stride * slope
        ratio = both(x, quality).extra / before
    assert 0.85 < ratio < 0.95


def test_a_weight_makes_another_codec(start: Start, crops: Crops) -> None:
    found = []
    for weight in (0.0, 100.0):
        torch.manual_seed(0)
        system = IprLoss(start, weight)
        system.learn(crops, 2, 0)
        found.append(stream.identity(system))
    assert found[0] != found[1]
    with pytest.raises(ValueError, match="choose 0 or more"):
        IprLoss(start, -1.0)
    with pytest.raises(ValueError, match="1 to 5 layers"):
        IprLoss(start, 1.0, 6)


def test_the_judge_asks_an_unseen_network(
    made: Callable[[str], System], crops: Crops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "TILES", 16)
    monkeypatch.setattr(recipe, "UNSEEN_STEPS", 2)
    system = made("ipr_loss")
    pictures = tuple(p.permute(1, 2, 0).numpy() for p in crops.photos)
    verdict = recipe.judge(Trial(system, system, (), (), pictures, crops, 2, 0))
    assert verdict.on == verdict.off == 0 and not verdict.less_is_better
    names = [figure.name for figure in verdict.figures]
    assert sum(name.startswith("agreement with the loss") for name in names) == len(system.qualities)
    assert not {id(p) for p in TokenClassifier(2).parameters()} & {id(p) for p in system.critic.parameters()}


def test_frontier_and_equal_rates() -> None:
    """A curve at half the rate for every share spends half; frontiers drop what is dearer and no better."""
    curve = ((1.0, 0.5), (2.0, 0.7), (3.0, 0.65), (4.0, 0.9))
    assert task.frontier(curve) == ((1.0, 0.5), (2.0, 0.7), (4.0, 0.9))
    half = tuple((rate / 2, share) for rate, share in curve)
    assert task.rate_at_equal_share(curve, half) == pytest.approx(-50)
    assert task.rate_at_equal_share(curve, ((1.0, 0.1), (2.0, 0.2))) is None
    better = tuple((rate, share + 0.05) for rate, share in curve)
    assert task.points_at_equal_rate(curve, better) == pytest.approx(5)
