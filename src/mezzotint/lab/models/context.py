# SPDX-License-Identifier: Apache-2.0
"""Means of y in four spatial steps on a 2x2 grid, causal over channel groups (DCVC-DC, CVPR 2023, for the grid).

    phases of y:  0 2      step k predicts phase k of all channels from the features of z_hat and from phases < k,
                  3 1      whatever is known of the 3x3 neighbourhood on the grid of phases (half the side of y).

Group causality: the mean of a channel group reads that group and earlier ones only, through masked weights, so
a file cut after some group still decodes to a coarser picture. All of it is float: symbols are coded zero-mean
under a scale that does not depend on the means, so a drift in the means moves pixels a little and never loses
the stream (design, exactness rule).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.phases import merge_phases, split_phases
from mezzotint.lab.layers.precision import in_float32

Quantise = Callable[[int, Tensor], Tensor]  # (step, mean of phase) -> y_hat of phase


def group_mask(out_groups: list[int], in_groups: list[int]) -> Tensor:
    """(sum out, sum in) of 0 and 1: group g of the output sees groups <= g of the input."""
    out_id = torch.repeat_interleave(torch.arange(len(out_groups)), torch.tensor(out_groups))
    in_id = torch.repeat_interleave(torch.arange(len(in_groups)), torch.tensor(in_groups))
    return (in_id[None] <= out_id[:, None]).float()


class MaskedPointwise(nn.Module):
    """1x1 convolution whose weight is multiplied by a fixed mask."""

    def __init__(self, mask: Tensor, gain: float) -> None:
        super().__init__()
        fan_in = mask.sum(1, keepdim=True)
        self.weight = nn.Parameter(torch.randn_like(mask) * gain * fan_in**-0.5)
        self.bias = nn.Parameter(torch.zeros(len(mask)))
        self.register_buffer("mask", mask, persistent=False)
        self.folded: Tensor | None = None  # set while exporting: `effective` as a constant

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.effective(), self.bias)

    def effective(self) -> Tensor:
        if self.folded is not None:
            return self.folded
        return (self.weight * self.mask)[:, :, None, None]


class Step(nn.Module):
    """Mean of one phase from the phases before it: a per-channel linear filter plus a small masked network."""

    def __init__(self, known: int, groups: list[int], features: int, hidden: list[int]) -> None:
        super().__init__()
        channels = sum(groups)
        self.linear = nn.ModuleList(_taps(channels, 0.0) for _ in range(known))
        self.taps = nn.ModuleList(_taps(channels, 0.3) for _ in range(known))
        seen = group_mask(hidden, groups)
        inputs = [seen, seen] if known else []
        self.up = MaskedPointwise(torch.cat([*inputs, torch.ones(sum(hidden), features)], 1), 1.0)
        self.down = MaskedPointwise(group_mask(groups, hidden), 0.05)

    def forward(self, known: list[Tensor], features: Tensor) -> Tensor:
        if not known:
            return self.down(F.silu(self.up(features)))
        linear = sum(tap(p) for tap, p in zip(self.linear, known, strict=True))
        local = sum(tap(p) for tap, p in zip(self.taps, known, strict=True))
        h = self.up(torch.cat([linear, local, features], 1))
        return linear + self.down(F.silu(h))


def _taps(channels: int, std: float) -> nn.Conv2d:
    conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
    nn.init.normal_(conv.weight, std=std)
    return conv


class FourStep(nn.Module):
    """Features (B, P, h, w) and a way to quantise -> y_hat (B, M, h, w)."""

    def __init__(self, groups: list[int], features: int, hidden: list[int], spread: Tensor) -> None:
        super().__init__()
        self.steps = nn.ModuleList(Step(k, groups, features, hidden) for k in range(4))
        self.register_buffer("spread", spread.view(1, -1, 1, 1))
        self.register_buffer("gain", (1 / spread).view(1, -1, 1, 1), persistent=False)

    @in_float32
    def forward(self, features: Tensor, quantise: Quantise) -> Tensor:
        done: list[Tensor] = []
        known: list[Tensor] = []  # the same in standard deviations
        for k, (step, local) in enumerate(zip(self.steps, split_phases(features), strict=True)):
            mean = step(known, local) * self.spread
            done.append(quantise(k, mean))
            known.append(done[-1] * self.gain)
        return merge_phases(done)
