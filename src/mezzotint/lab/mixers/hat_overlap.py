# SPDX-License-Identifier: Apache-2.0
"""HAT's overlapping cross-attention: queries of a window attend to keys of the same window enlarged on every side.

"HAT: Hybrid Attention Transformer for Image Restoration" (2023; first as "Activating More Pixels", CVPR 2023), section
3.2. Neighbouring windows share keys, so seams fade without a shift. HAT's blocks also have a channel branch beside
their window attention: two 3x3 convolutions and a squeeze-and-excite gate. The trap: that gate takes the mean of the
whole picture, which breaks the tile rule; it is off unless asked for.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.shifted import Windows
from mezzotint.lab.layers.windows import MASKED, pad_to_multiple
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "HAT",
    "window",
    "HAT: Hybrid Attention Transformer for Image Restoration",
    2023,
    "overlapping attention in every block, not behind several of shifted windows, which are left out; the channel"
    " branch, which sees the whole picture, is an option and off",
)


@MIXERS.register("hat_overlap", SOURCE)
class HatOverlap(nn.Module):
    """``hat_overlap(window=8, halo=2, heads=4, channel_attention=False)``: (B, C, H, W) -> (B, C, H, W).

    N = window^2 queries, K = (window + 2 halo)^2 keys; halo = window / 4 is the paper's overlap ratio of 0.5. Reach
    window - 1 + halo, windows of ``window``; with channel attention the whole picture.
    """

    def __init__(
        self,
        channels: int,
        window: int = 8,
        halo: int = 2,
        heads: int = 4,
        channel_attention: bool = False,
    ) -> None:
        super().__init__()
        check_heads(channels, heads)
        if window < 1 or not 0 <= halo <= window:
            raise ValueError(
                f"a window of {window} cannot have a halo of {halo}: choose one from 0 to the window"
            )
        self.reach = None if channel_attention else window - 1 + halo
        self.aligned = window
        self.windows, self.halo, self.heads = Windows(window, window), halo, heads
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = OverlapBias(window, halo, heads)
        self.out = pointwise(channels, channels)
        self.branch = ChannelBranch(channels) if channel_attention else None

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)
        b, _, h, w = x.shape
        bias = self.bias() + (1 - self.enlarged(torch.ones_like(x[:, :1]), 1).transpose(2, 3)) * MASKED
        k, v = self.enlarged(k, self.heads), self.enlarged(v, self.heads)  # (B windows, heads, K, d)
        out = attend(self.windows.split(q, self.heads), k, v, bias)  # (B windows, heads, N, d)
        out = self.out(self.windows.join(out, b, h, w))
        return out if self.branch is None else out + self.branch(x)

    def enlarged(self, x: Tensor, heads: int) -> Tensor:
        """(B, heads d, H, W) -> (B * windows, heads, K, d): windows and the cells round them, zero outside the map."""
        window, side = self.windows.rows, self.windows.rows + 2 * self.halo
        x = pad_to_multiple(x, window, window)
        down, right = x.shape[2] // window, x.shape[3] // window
        x = F.pad(x, (self.halo,) * 4).permute(0, 2, 3, 1)  # channels last, so that whole cells are copied
        x = x[:, self.places(down, x.device)][:, :, self.places(right, x.device)]
        x = x.reshape(x.shape[0], down, side, right, side, heads, x.shape[3] // heads)
        return x.permute(0, 1, 3, 5, 2, 4, 6).reshape(-1, heads, side * side, x.shape[-1])

    def places(self, count: int, device: torch.device) -> Tensor:
        """The rows, or columns, of the padded map that ``count`` enlarged windows hold, one window after the other."""
        window = self.windows.rows
        starts = window * torch.arange(count, device=device)
        return (starts[:, None] + torch.arange(window + 2 * self.halo, device=device)).flatten()


class OverlapBias(nn.Module):
    """() -> (1, heads, N, K): one learned number a head and an offset between query and key."""

    def __init__(self, window: int, halo: int, heads: int) -> None:
        super().__init__()
        span = 2 * (window + halo) - 1  # offsets from -(window - 1 + halo) to window - 1 + halo
        query, key = torch.arange(window), torch.arange(-halo, window + halo)
        axis = query[:, None] - key[None] + window - 1 + halo  # (window, window + 2 halo)
        index = (
            axis[:, None, :, None] * span + axis[None, :, None, :]
        )  # query row, query column, key row, key column
        self.register_buffer("index", index.reshape(window**2, -1), persistent=False)
        self.table = nn.Parameter(0.02 * torch.randn(span * span, heads))

    def forward(self) -> Tensor:
        return self.table[self.index].permute(2, 0, 1)[None]


class ChannelBranch(nn.Module):
    """(B, C, H, W) -> the same, a hundredth of two 3x3 convolutions under a gate from the picture's mean."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, squeezed = max(1, channels // 3), max(1, channels // 30)
        self.into = nn.Conv2d(channels, narrow, 3, padding=1)
        self.back = nn.Conv2d(narrow, channels, 3, padding=1)
        self.squeeze = pointwise(channels, squeezed)
        self.excite = pointwise(squeezed, channels)

    def forward(self, x: Tensor) -> Tensor:
        h = self.back(F.gelu(self.into(x)))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(h.mean((2, 3), keepdim=True)))))
        return 0.01 * h * gate
