# SPDX-License-Identifier: Apache-2.0
"""CRAFT: a high-frequency branch beside rectangle-window attention, and a fusion where the first refines the second.

"Feature Modulation Transformer: Cross-Refinement of Global Representation via High-Frequency Prior", ICCV 2023:
high-frequency enhancement residual block, shifted rectangle window attention, hybrid fusion block. In the
fusion the prior gives the queries, the attended map keys and values, and attention goes between channels. The traps: a
channel attention over the picture would break the tile rule, so it acts in aligned windows; and padding must stay zero
to be absent from its sums, so its projections have no bias.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.layers.windows import from_windows, to_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "CRAFT",
    "frequency",
    "Feature Modulation Transformer: Cross-Refinement of Global Representation via High-Frequency Prior for Image"
    " Super-Resolution",
    2023,
    scaled_down="the shift alternates between the shapes of window, not between blocks; the fusion's channel attention"
    " is inside windows, not over the picture; one attention before the fusion, not two; no depthwise convolutions, no"
    " MLPs inside",
)


@MIXERS.register("craft_hf", SOURCE)
class CraftHF(nn.Module):
    """``craft_hf(short=4, long=16, heads=4)`` on (B, C, H, W): windows of short x long and of long x short cells.

    Reach: the fusion's window of long x long, and half a window more, as the wide windows are shifted by half.
    """

    def __init__(self, channels: int, short: int = 4, long: int = 16, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        if heads % 2 or short < 2 or short % 2 or long < short or long % short:
            raise ValueError(
                f"heads {heads}, short {short}, long {long}: even heads and sides, short a divisor of long"
            )
        self.reach, self.aligned = long - 1 + long // 2, long
        self.prior = HighFrequency(channels)
        self.qkv = pointwise(channels, 3 * channels)
        self.wide = RectangleAttention(Windows(short, long, short // 2, long // 2), heads // 2)
        self.tall = RectangleAttention(Windows(long, short), heads // 2)
        self.out = pointwise(channels, channels)
        self.fusion = Fusion(channels, heads, long)

    def forward(self, x: Tensor) -> Tensor:
        wide, tall = self.qkv(x).unflatten(1, (2, -1)).unbind(1)  # (B, 3 C / 2, H, W) each
        attended = self.out(torch.cat((self.wide(wide), self.tall(tall)), 1))
        return self.fusion(self.prior(x), attended)


class HighFrequency(nn.Module):
    """A convolution on half the channels, sharpening by a 3x3 maximum on the others; residual."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.half = channels // 2
        self.local = nn.Conv2d(self.half, self.half, 3, padding=1)
        self.peaks = pointwise(channels - self.half, channels - self.half)
        self.fuse = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        local, peaks = x[:, : self.half], F.max_pool2d(x[:, self.half :], 3, 1, 1)
        return x + self.fuse(F.gelu(torch.cat((self.local(local), self.peaks(peaks)), 1)))


class RectangleAttention(nn.Module):
    """Queries, keys and values (B, 3 c, H, W) -> (B, c, H, W), attention inside each window."""

    def __init__(self, windows: Windows, heads: int) -> None:
        super().__init__()
        self.windows, self.heads = windows, heads
        self.position = RelativeBias(windows.rows, windows.columns, heads)

    def forward(self, qkv: Tensor) -> Tensor:
        return attend_in_windows(*qkv.chunk(3, 1), self.heads, self.windows, self.position())


class Fusion(nn.Module):
    """``low`` + attention between channels: queries from the high-frequency prior, keys and values from ``low``."""

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.query = pointwise(channels, channels, bias=False)
        self.key_value = pointwise(channels, 2 * channels, bias=False)
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.out = pointwise(channels, channels)

    def forward(self, high: Tensor, low: Tensor) -> Tensor:
        qkv = torch.cat((self.query(high), self.key_value(low)), 1)
        tokens, grid = to_windows(qkv, self.window, self.window)
        q, k, v = (split_heads(part, self.heads) for part in tokens.chunk(3, 2))  # (N, heads, T, d)
        scores = unit(q).transpose(2, 3) @ unit(k) * self.temperature  # (N, heads, d, d)
        mixed = v @ torch.softmax(scores, -1).transpose(2, 3)
        return low + self.out(from_windows(merge_heads(mixed), grid))


def unit(x: Tensor) -> Tensor:
    """(N, heads, T, d), the T numbers of a channel scaled to length 1; those of a flat picture stay 0."""
    return x * torch.rsqrt(x.square().sum(2, keepdim=True) + 1e-6)
