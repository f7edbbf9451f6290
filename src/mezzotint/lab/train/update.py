# SPDX-License-Identifier: Apache-2.0
"""One step of training: forward, loss, gradient, clip, optimisers. Every loop of the lab takes its steps here.

A step whose loss or gradient is not finite changes nothing. The trap is the wait: a GPU runs ahead of Python until a
number is read, so everything that a step reports is read at one place, once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.train.loss import rate_distortion
from mezzotint.lab.train.recipe import Schedule
from mezzotint.lab.train.team import ALONE, Team


@dataclass(frozen=True)
class Step:
    """What a step was: means over the batch of all processes, before the update."""

    taken: bool  # False: something was not finite, and nothing was changed
    loss: float
    y_bpp: float
    z_bpp: float
    mse: float  # on the 0..255 scale
    stop: bool  # whether any process asked for it


def update(
    model: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    x: Tensor,
    quality: Tensor,
    schedule: Schedule,
    step: int,
    team: Team = ALONE,
    stop: bool = False,
) -> Step:
    """Take step number ``step`` of ``model``, (x, quality) -> Output.

    x (B, 3, H, W) in [-1/2, 1/2] and quality (B,) in 0..4095 are our share of its batch.

    Noise comes from torch's global generators, which the caller seeds. ``stop`` is our wish to end the run.
    """
    with torch.autocast(x.device.type, torch.bfloat16, enabled=bf16_pays(x.device.type)):
        output = model(x, quality)
    loss = rate_distortion(x, output, quality)
    for optimiser in optimisers:
        optimiser.zero_grad()
    loss.total.backward()  # type: ignore[no-untyped-call]
    facts = torch.stack([v.detach().mean() for v in loss] + [x.new_full((), float(stop))])
    facts = team.mean([p.grad for p in model.parameters() if p.grad is not None], facts)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
    finite, total, y_bpp, z_bpp, mse, stops = torch.cat([torch.isfinite(norm)[None].float(), facts]).tolist()
    if finite:
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["initial_lr"] * schedule.rate(step)
            optimiser.step()
    return Step(bool(finite), total, y_bpp, z_bpp, mse, stop=stops > 0)
