# SPDX-License-Identifier: Apache-2.0
"""Fit a network to a clip, then tune it under the rounding of its weights, with their bits in the loss or without.

A few frames a step, drawn anew each time. The trap: initial weights and drawn frames come from seeds of their own, so
that coding a clip neither hears nor moves the caller's random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mezzotint.lab.models.nerv import Nerv, NervConfig
from mezzotint.lab.models.rounded import Rounded, Weights
from mezzotint.lab.train.clip_loss import LOSSES
from mezzotint.lab.train.overfit import Rated, overfit

RATE, TUNED = 0.02, 0.25  # of weights; the share of it while tuning
STEP_RATE = 0.02  # of the logarithms of steps


@dataclass(frozen=True)
class ClipFit:
    """``bits`` of the largest weights when tuning begins; ``price`` of a bit a pixel of the clip, 0 to fix steps."""

    steps: int
    tuning: int
    loss: str
    price: float
    bits: int = 6
    batch: int = 2  # frames a step


def begin(config: NervConfig) -> Nerv:
    """The network before any fitting, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Nerv(config)


def fit_clip(frames: Tensor, config: NervConfig, fit: ClipFit) -> Weights:
    """frames (T, 3, H, W) in 0..1 -> what is sent of them."""
    network = begin(config).to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(1)

    def error(model: torch.nn.Module) -> Tensor:
        index = torch.randperm(len(frames), generator=generator)[: fit.batch]
        return LOSSES[fit.loss](model(index), frames[index])

    weights = tuple(network.parameters())
    overfit([Rated(weights, RATE)], lambda: error(network), fit.steps)
    rounded = Rounded(network, fit.bits)
    groups = [Rated(weights, TUNED * RATE)]
    if not fit.price:
        overfit(groups, lambda: error(rounded), fit.tuning)
        return rounded.weights()
    pixels = frames.numel() / 3
    overfit(
        [*groups, Rated((rounded.log_steps,), STEP_RATE)],
        lambda: error(rounded) + fit.price * rounded.bits(generator) / pixels,
        fit.tuning,
    )
    return rounded.weights()
