# SPDX-License-Identifier: Apache-2.0
"""Fit numbers to one signal: Adam with a short warm-up and a half cosine down. Nothing is held out, nothing resumed.

For systems whose stream is what was fitted. The same start and steps give the same numbers on one machine with one
count of threads. The trap: there is no noise between steps that would hide a rate that is too high; a loss that is not
finite ends the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

WARM = 20  # steps
LEFT = 0.03  # of the rate, at the end


@dataclass(frozen=True)
class Rated:
    """Tensors and their learning rate."""

    tensors: tuple[Tensor, ...]
    rate: float


@torch.enable_grad()
def overfit(groups: Sequence[Rated], loss: Callable[[], Tensor], steps: int) -> None:
    """Lower ``loss`` () by that many steps on the tensors. ValueError when it is no longer finite."""
    optimiser = torch.optim.Adam(
        [{"params": list(group.tensors), "lr": group.rate} for group in groups], betas=(0.9, 0.99), eps=1e-10
    )
    for step in range(steps):
        share = pace(step, steps)
        for part, group in zip(optimiser.param_groups, groups, strict=True):
            part["lr"] = group.rate * share
        optimiser.zero_grad()
        found = loss()
        if not bool(torch.isfinite(found)):
            raise ValueError(f"fitting did not stay finite at step {step}: give it a lower rate")
        found.backward()
        optimiser.step()


def pace(step: int, steps: int) -> float:
    """The share of the rate at a step."""
    warm = min(1.0, (step + 1) / min(WARM, max(1, steps // 4)))
    return warm * (LEFT + (1 - LEFT) * 0.5 * (1 + math.cos(math.pi * step / steps)))
