# SPDX-License-Identifier: Apache-2.0
"""Better latents for one picture by stochastic Gumbel annealing: an encoder's work only, no file format knows of it.

    y --- walk, each residual rounded up or down by a soft coin --- y_hat --- synthesis --- bits + lambda error
    ^                                                                                            |
    +----------- Adam down the gradient, while the coins grow hard ------------------------------+

"Improving Inference for Neural Image Compression" (Yang, Bamler and Mandt, NeurIPS 2020), section 4: a residual goes to
its floor or its ceiling with odds by its distances from both, sampled by Gumbel-softmax at the same temperature, which
falls until the samples are whole. Here the coins stand inside the prior's own walk (priors/coding.py), since means may
hang on what was coded before; so any prior and any synthesis can be refined. z is what the hyper analysis makes of the
refined y. The traps: a prior's densities have gradients in training mode only, so it is put into it meanwhile; and the
last y is not always the better one, so real costs decide, and what is returned never costs more than what came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.models.framed import Framed
from mezzotint.lab.priors.coding import Density, Pick
from mezzotint.lab.priors.entropy_model import EntropyModel

EDGE = 1e-4  # distances from both neighbours are kept this far from 0 and 1, where atanh has no end


@dataclass(frozen=True)
class Plan:
    """How long and how fast: 2000 steps at 0.005 are the paper's, fewer need longer ones.

    The temperature is ``hot`` for the first ``hold`` of the steps, and falls geometrically to ``cold`` in the rest.
    """

    steps: int = 60
    rate: float = 0.02  # of Adam, in quantiser steps
    hot: float = 0.5
    cold: float = 0.1
    hold: float = 0.3  # share of the steps

    def temperature(self, step: int) -> float:
        """In step 0..steps - 1."""
        gone = max(0.0, (step / max(1, self.steps - 1) - self.hold) / (1 - self.hold))
        return self.hot * (self.cold / self.hot) ** gone


def anneal(
    framed: Framed,
    x: Tensor,
    quality: Tensor,
    plan: Plan,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> Tensor:
    """A picture (1, 3, H, W) in [-1/2, 1/2], sides multiples of 64, and its quality (1,) -> y (1, M, h, w) in steps.

    ``framed`` is left as it was. Errors count in the first ``size`` = (height, width) pixels, in all where it is left
    out. Costs are those of training: bits, and lambda times the squared error of a pixel on the scale of 255. Noise is
    drawn from ``seed``, so that the same call gives the same y. ValueError for a batch, and without steps.
    """
    if len(x) != 1 or plan.steps < 1:
        raise ValueError(
            f"a batch of {len(x)}, {plan.steps} steps: anneal one picture at a time, 1 step or more"
        )
    target = Target(x, float(lambda_of(quality)), size or (x.shape[2], x.shape[3]))
    with torch.no_grad():
        start = framed.latent(x, quality).float()
    y = start.clone().requires_grad_()
    adam = torch.optim.Adam([y], plan.rate)
    noise = torch.Generator(y.device).manual_seed(seed)
    with torch.enable_grad(), densities_with_gradients(framed.prior):
        for step in range(plan.steps):
            coins = Coins(y, plan.temperature(step), noise)
            y_hat = framed.prior.walk(coins)
            cost = coins.bits + target.price(framed.pixels(y_hat, quality))
            (y.grad,) = torch.autograd.grad(cost, y)
            if not torch.isfinite(y.grad).all():
                break  # a start far from all densities; what was reached is judged below like the rest
            adam.step()
    refined = y.detach()
    before, after = (real_cost(framed, latent, quality, target) for latent in (start, refined))
    return refined if after < before else start


@dataclass(frozen=True, eq=False)
class Target:
    """What errors are measured against: ``x`` (1, 3, H, W), and its first ``size`` = (height, width) pixels count."""

    x: Tensor
    weight: float  # lambda
    size: tuple[int, int]

    def price(self, x_hat: Tensor) -> Tensor:
        """In bits: lambda, the mean over three planes of the squared error of 0..255, times the pixels."""
        height, width = self.size
        error = (x_hat - self.x)[:, :, :height, :width].square().sum()
        return self.weight * 255**2 / 3 * error


@torch.no_grad()
def real_cost(framed: Framed, y: Tensor, quality: Tensor, target: Target) -> float:
    """Of y in a file: bits of its symbols, and the price of its error; infinite where either is no number."""
    coded = framed.prior(y)
    cost = float(coded.bits.sum() + target.price(framed.pixels(coded.y_hat, quality)))
    return cost if cost == cost else float("inf")


class Coins:
    """Leads a walk (priors/coding.py): counts bits of residuals between floor and ceiling, nearer one as it cools."""

    def __init__(self, y: Tensor, temperature: float, noise: torch.Generator) -> None:
        self.y, self.temperature, self.noise = y, temperature, noise
        self.size = (y.shape[0], y.shape[2], y.shape[3])
        self.bits = y.new_zeros(())

    def __call__(self, pick: Pick, density: Density) -> Tensor:
        residual = density.residual(pick(self.y))
        up = self.tossed(residual)
        low = residual.detach().floor()
        # Some densities have no room for all numbers: coins fall between what these two become.
        low, high = density.rounded(low), density.rounded(low + 1)
        value = low + (high - low) * up
        self.bits = self.bits + density.bits(value).sum()
        return density.restore(value)

    def tossed(self, residual: Tensor) -> Tensor:
        """Each number -> how far up from its floor to its ceiling, 0 or 1 in the limit of no temperature."""
        floor = residual.detach().floor()
        above = (residual - floor).clamp(EDGE, 1 - EDGE)
        odds = (torch.atanh(above) - torch.atanh(1 - above)) / self.temperature  # log of up : down
        uniform = torch.rand(above.shape, generator=self.noise, device=above.device).clamp(EDGE, 1 - EDGE)
        return torch.sigmoid((torch.logit(uniform) + odds) / self.temperature)


@contextmanager
def densities_with_gradients(prior: EntropyModel) -> Iterator[None]:
    """The prior in training mode, its densities between two indices, and as it was afterwards."""
    was = prior.training
    prior.train()
    try:
        yield
    finally:
        prior.train(was)
