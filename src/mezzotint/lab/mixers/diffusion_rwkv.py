# SPDX-License-Identifier: Apache-2.0
"""Diffusion-RWKV's spatial mix: a channel averages its values over all cells, weighted by key and by distance.

"Diffusion-RWKV: Scaling RWKV-Like Architectures for Diffusion Models" (2024), section 3, after Vision-RWKV's Bi-WKV
(ICLR 2025). Weights are exp(k_i - rate (|t - i| - 1) / T) along the raster and exp(k_t + bonus) for the cell itself;
two scans sum in linear time. Before the projections a quarter of the channels is shifted to each side. The traps: the
rate is a share of the whole picture, so the mixer looks farther in a large one; and exponentials of keys need the
largest taken off first.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.scan import delay, steady_scan
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "Diffusion-RWKV",
    "linear-time",
    "Diffusion-RWKV: Scaling RWKV-Like Architectures for Diffusion Models",
    2024,
    "the spatial mix only: its channel mix is the block's own MLP; no diffusion, so no conditioning",
)
SMALLEST = -30.0  # of a key below the largest of its channel: no sum can vanish


@MIXERS.register("diffusion_rwkv", SOURCE)
class DiffusionRwkv(nn.Module):
    """``diffusion_rwkv(shift=1)``: (B, C, H, W) -> (B, C, H, W).

    T = H W cells; ``shift`` of them is how far quarters of the channels move. Reach: the whole picture.
    """

    def __init__(self, channels: int, shift: int = 1) -> None:
        super().__init__()
        if channels % 4:
            raise ValueError(f"{channels} channels cannot be shifted to four sides: choose a multiple of 4")
        if shift < 0:
            raise ValueError(f"shift={shift} is negative: choose 0 or more cells")
        self.reach, self.aligned, self.shift = None, 1, shift
        self.mix = nn.Parameter(torch.full((3, 1, channels, 1, 1), 0.5))  # of the shifted map in r, k, v
        self.projections = nn.ModuleList(pointwise(channels, channels) for _ in range(3))
        # From a look over the whole picture to one of a few cells in a picture of some hundreds.
        self.log_rate = nn.Parameter(torch.linspace(0, math.log(512), channels)[None, :, None])
        self.bonus = nn.Parameter(torch.zeros(1, channels, 1))
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        moved = four_sides(x, self.shift)
        r, k, v = (p(x + mix * moved) for p, mix in zip(self.projections, self.mix, strict=True))
        mixed = weighted_mean(k.flatten(2), v.flatten(2), self.log_rate.exp(), self.bonus)
        return self.out(torch.sigmoid(r) * mixed.view_as(r))


def four_sides(x: Tensor, shift: int) -> Tensor:
    """(B, C, H, W) -> the same, quarters of the channels moved right, left, down and up, zeros let in."""
    h, w = x.shape[2:]
    x = F.pad(x, (shift, shift, shift, shift))
    right, left, down, up = x.chunk(4, 1)
    middle = slice(shift, shift + h), slice(shift, shift + w)
    return torch.cat(
        [
            right[:, :, middle[0], :w],
            left[:, :, middle[0], 2 * shift : 2 * shift + w],
            down[:, :, :h, middle[1]],
            up[:, :, 2 * shift : 2 * shift + h, middle[1]],
        ],
        1,
    )


def weighted_mean(k: Tensor, v: Tensor, rate: Tensor, bonus: Tensor) -> Tensor:
    """Bi-WKV: (B, C, T) keys and values, (1, C, 1) rate and bonus -> (B, C, T)."""
    weight = (k - k.amax(2, keepdim=True)).clamp(min=SMALLEST).exp()
    own = weight * bonus.exp()
    sums = torch.cat([weight * v, weight], 1)  # (B, 2 C, T), numerator and denominator
    log_decay = (-rate / k.shape[2]).repeat(1, 2, 1)
    both = steady_scan(log_decay, torch.cat([sums, sums.flip(2)]), 2)
    both = delay(both, 1, 2)  # without the cell itself; its neighbour counts in full
    before, behind = both.chunk(2)
    top, bottom = (before + behind.flip(2)).chunk(2, 1)
    return (top + own * v) / (bottom + own)
