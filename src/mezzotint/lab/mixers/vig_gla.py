# SPDX-License-Identifier: Apache-2.0
"""ViG: gated linear attention over the cells in raster order, both ways, beside a convolution under a gate.

"ViG: Linear-complexity Visual Sequence Learning with Gated Linear Attention" (AAAI 2025), section 3:
queries, keys and values are shared by both directions, forget gates are not; a 3x3 depthwise convolution joins by a
learned, content-dependent gate. The trap: the state is a sum without a denominator, so the output is normalised a head.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.scan import FLOOR, gated_attention
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "ViG-GLA",
    "linear-time",
    "ViG: Linear-complexity Visual Sequence Learning with Gated Linear Attention",
    2025,
    "chunks of plain products in place of the fused kernel; a gate keeps at least e^-4 of the state a step",
)
TEMPERATURE = 16  # of the forget gates, as in gated linear attention: sigmoid(g)^(1 / 16)


@MIXERS.register("vig_gla", SOURCE)
class ViG(nn.Module):
    """``vig_gla(heads=4, rank=16)``: (B, C, H, W) -> (B, C, H, W).

    T = H W cells, d = C / (2 heads) channels a key, e = C / heads a value; ``rank`` that of the forget gates. Reach:
    the whole picture.
    """

    def __init__(self, channels: int, heads: int = 4, rank: int = 16) -> None:
        super().__init__()
        check_heads(channels, 2 * heads)
        if rank < 1:
            raise ValueError(f"rank={rank} leaves no gates: choose 1 or more")
        self.reach, self.aligned, self.heads = None, 1, heads
        half = channels // 2
        self.widths = [half, half, channels, channels]
        self.qkv = pointwise(channels, 3 * channels)  # queries, keys, values, and the gate of the output
        self.forget = nn.Sequential(pointwise(channels, rank), pointwise(rank, 2 * half))
        self.local = depthwise(channels, 3)
        self.merge = pointwise(channels, channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v, gate = self.qkv(x).split(self.widths, 1)
        forget = (-F.softplus(-self.forget(x)) / TEMPERATURE).clamp(min=FLOOR)  # the log of what is kept
        ahead, back = (to_tokens(m, self.heads) for m in forget.chunk(2, 1))
        q, k, v = (to_tokens(m, self.heads) for m in (q, k, v))
        seen = both_ways(q * q.shape[3] ** -0.5, k, v, ahead, back)  # (B, heads, T, e)
        seen = seen * torch.rsqrt(seen.square().mean(3, keepdim=True) + 1e-6)
        share = torch.sigmoid(self.merge(x))
        mixed = share * self.local(x) + (1 - share) * to_map(seen, *x.shape[2:])
        return self.out(mixed * F.silu(gate))


def both_ways(q: Tensor, k: Tensor, v: Tensor, ahead: Tensor, back: Tensor) -> Tensor:
    """Gated attention to all cells before and behind; a cell itself counts in both. One pass over twice the batch."""
    q, k, v = (torch.cat([m, m.flip(2)]) for m in (q, k, v))
    first, second = gated_attention(q, k, v, torch.cat([ahead, back.flip(2)])).chunk(2)
    return first + second.flip(2)
