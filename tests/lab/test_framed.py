# SPDX-License-Identifier: Apache-2.0
"""The graph that rebuilt codecs share, and the short run that trains it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.cost import spent
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.train import short
from mezzotint.lab.train.loss import rate_distortion


@pytest.fixture(scope="module")
def framed(skeleton_start: tuple[Tensor, Tensor]) -> Framed:
    torch.manual_seed(0)
    analysis, synthesis = transforms(Start(*skeleton_start), "depthwise")
    return Framed(analysis, PRIORS.build("hyperprior(width=16)", CHANNELS), synthesis)


@pytest.fixture(scope="module")
def crops() -> Crops:
    torch.manual_seed(0)
    coarse = torch.randint(0, 256, (2, 3, 16, 16)).float()
    smooth = nn.functional.interpolate(coarse, size=(96, 96), mode="bicubic").clamp(0, 255)
    return Crops(list(smooth.to(torch.uint8)), 64, 2)


@torch.no_grad()
def test_untrained_it_is_a_transform_codec(framed: Framed, crops: Crops) -> None:
    """With the last layers at zero and steps of high-rate theory, finer steps give a better picture."""
    framed.eval()
    x = crops.at(0)
    errors = []
    for quality in (500.0, 2000.0, 3500.0):
        dial = torch.full((2,), quality)
        out = framed(x, dial)
        assert out.x_hat.shape == x.shape and out.y_bits.shape == (2,) and out.extra is None
        errors.append((out.x_hat - x).square().mean().item())
    assert errors[0] > errors[1] > errors[2]


@torch.no_grad()
def test_steps_are_those_of_the_quality(framed: Framed, crops: Crops) -> None:
    x, low, high = crops.at(0), torch.zeros(2), torch.full((2,), 4095.0)
    y = framed.analysis(x, low)
    torch.testing.assert_close(framed.latent(x, low) * framed.step(low), y)
    assert (framed.step(low) > 10 * framed.step(high)).all()


def test_a_short_run_lowers_the_loss_and_repeats_itself(
    skeleton_start: tuple[Tensor, Tensor], crops: Crops
) -> None:
    def run() -> tuple[float, float]:
        torch.manual_seed(1)
        analysis, synthesis = transforms(Start(*skeleton_start), "depthwise")
        model = Framed(analysis, PRIORS.build("hyperprior(width=16)", CHANNELS), synthesis)
        before = loss(model)
        done = short.short_run(model, crops, 12, 0)
        assert done.skipped == 0 and not model.training
        return before, loss(model)

    @torch.no_grad()
    def loss(model: Framed) -> float:
        x, dial = crops.at(99), torch.full((2,), 2000.0)
        return rate_distortion(x, model.eval()(x, dial), dial).total.item()

    first = run()
    assert first[1] < 0.99 * first[0]
    assert run() == first


def test_a_run_that_is_never_finite_is_an_error(crops: Crops) -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, x: Tensor, quality: Tensor) -> Output:
            nothing = self.weight.sum() * float("nan")
            return Output(x + nothing, nothing.expand(len(x)), nothing.expand(len(x)))

    with pytest.raises(ValueError, match="did not stay finite"):
        short.short_run(Broken(), crops, 5, 0)


def test_a_further_term_of_the_loss_counts() -> None:
    x, bits, dial = torch.zeros(1, 3, 4, 4), torch.zeros(1), torch.zeros(1)
    plain = rate_distortion(x, Output(x, bits, bits), dial).total
    assert rate_distortion(x, Output(x, bits, bits, torch.tensor(2.5)), dial).total == plain + 2.5


def test_what_asks_for_gradients_can_be_counted() -> None:
    """torch's own tracker of modules fails at a leaf in `torch.autograd.grad`, which annealing of latents needs."""
    layer, x = nn.Linear(3, 5), torch.randn(2, 3, requires_grad=True)

    def call() -> None:
        torch.autograd.grad(layer(x).sum(), x)

    assert spent(call) == 2 * 3 * 5 * 2  # once there, once back
