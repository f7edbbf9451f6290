# SPDX-License-Identifier: Apache-2.0
"""GC ViT: attention inside windows, then the same windows asked by queries that summarise the whole picture.

"Global Context Vision Transformers" (ICML 2023), sections 3.1 and 3.2. Every window answers one shared set of queries,
one for each of its places, so no window shift is needed. The trap: queries are global, keys and values are not; content
of another window only steers where a window looks, it is never copied.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.pool import pool_to
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows
from mezzotint.lab.layers.tokens import to_tokens
from mezzotint.lab.layers.window_attention import WindowAttention
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "GC ViT",
    "global",
    "Global Context Vision Transformers",
    2023,
    "global queries by one Fused-MBConv and a mean pool, not by several with max pooling; both attentions in one "
    "mixer, without the MLP between them; no downsampler",
)


@MIXERS.register("gcvit", SOURCE)
class GCViT(nn.Module):
    """``gcvit(window=8, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    Both halves have a shortcut; that round the first one is inside, that round both is the block's. Reach: the whole
    picture.
    """

    def __init__(self, channels: int, window: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.reach, self.aligned = None, window
        self.local = WindowAttention(channels, window, heads)
        self.shared = GlobalQueryAttention(channels, window, heads)

    def forward(self, x: Tensor) -> Tensor:
        local = self.local(x)
        return local + self.shared(x + local)


class GlobalQueryAttention(nn.Module):
    """(B, C, H, W) -> the same; N = window^2 queries from the whole map, keys and values from each window."""

    def __init__(self, channels: int, window: int, heads: int) -> None:
        super().__init__()
        self.window, self.heads, self.windows = window, heads, Windows(window, window)
        self.summary = FusedMBConv(channels)
        self.query = pointwise(channels, channels)
        self.key_value = pointwise(channels, 2 * channels)
        self.bias = RelativeBias(window, window, heads)
        self.out = pointwise(channels, channels)

    def queries(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, heads, N, d): the picture, summarised in the places of one window."""
        return to_tokens(self.query(pool_to(self.summary(x), self.window, self.window)), self.heads)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        k, v = self.key_value(x).chunk(2, 1)
        k, v = (self.windows.split(m, self.heads) for m in (k, v))  # (B windows, heads, N, d)
        q = self.queries(x)[:, None].expand(-1, k.shape[0] // b, -1, -1, -1).flatten(0, 1)
        mask = self.windows.mask(b, h, w, x.device)
        bias = self.bias() if mask is None else self.bias() + mask
        return self.out(self.windows.join(attend(q, k, v, bias), b, h, w))


class FusedMBConv(nn.Module):
    """(B, C, H, W) -> the same: a depthwise convolution, its channels gated by what the whole picture holds, added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(1, channels // 4)
        self.around = depthwise(channels, 3)
        self.squeeze = pointwise(channels, narrow)
        self.excite = pointwise(narrow, channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        h = F.gelu(self.around(x))
        gate = torch.sigmoid(self.excite(F.gelu(self.squeeze(h.mean((2, 3), keepdim=True)))))
        return x + self.out(h * gate)
