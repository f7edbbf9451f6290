# SPDX-License-Identifier: Apache-2.0
"""BiFormer's bi-level routing: regions choose the regions they resemble, and cells attend only inside those.

"BiFormer: Vision Transformer with Bi-Level Routing Attention" (CVPR 2023), section 3.2, with its local term (a 5x5
depthwise convolution of the values). Routing compares the means of queries and keys. The trap: the choice is discrete,
so it has no gradient of its own (attention trains the same queries and keys), and a near tie may fall otherwise on
another machine: fit for an encoder, not for anything that must be reproduced exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.layers.windows import MASKED, from_windows, pad_to_multiple, to_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "BiFormer",
    "global",
    "BiFormer: Vision Transformer with Bi-Level Routing Attention",
    2023,
)


@MIXERS.register("biformer", SOURCE)
class BiFormer(nn.Module):
    """``biformer(regions=8, chosen=8, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    R = regions^2 regions of T cells each, whatever the size of the picture; ``chosen`` = R is full attention. Reach:
    the whole picture.
    """

    def __init__(self, channels: int, regions: int = 8, chosen: int = 8, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("regions", regions)
        if not 1 <= chosen <= regions**2:
            raise ValueError(f"chosen={chosen} of {regions**2} regions: choose from 1 to all of them")
        self.reach, self.aligned = None, 1
        self.regions, self.chosen, self.heads = regions, chosen, heads
        self.qkv = pointwise(channels, 3 * channels)
        self.local = depthwise(channels, 5, centre=0.0)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)
        return self.out(self.routed(q, k, v) + self.local(v))

    def routed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, C, H, W) each -> (B, C, H, W)."""
        b, _, h, w = q.shape
        inside = torch.ones_like(q[:, :1])
        maps = [pad_to_multiple(m, self.regions, self.regions) for m in (q, k, v, inside)]
        rows, columns = (side // self.regions for side in maps[0].shape[2:])
        (q, grid), (k, _), (v, _), (inside, _) = (to_windows(m, rows, columns) for m in maps)  # (B R, T, C)
        index = self.routes(q, k, inside, b)
        # Whole regions are gathered as rows of one table, which costs less than an index for every number.
        k, v, inside = (m.flatten(1)[index].unflatten(2, m.shape[1:]).flatten(1, 2) for m in (k, v, inside))
        bias = ((1 - inside) * MASKED).transpose(1, 2)[:, None]  # (B R, 1, 1, chosen T)
        out = merge_heads(attend(*(split_heads(m, self.heads) for m in (q, k, v)), bias))
        return from_windows(out, grid)[:, :, :h, :w]

    def routes(self, q: Tensor, k: Tensor, inside: Tensor, batch: int) -> Tensor:
        """(B R, T, C) tokens -> (B R, chosen), the rows of the regions that each region attends to."""
        count = self.regions**2
        cells = inside.sum(1)  # (B R, 1); padding is zero, so a sum over T is one over true cells
        q, k = ((m.detach().sum(1) / cells.clamp(min=1)).unflatten(0, (batch, count)) for m in (q, k))
        affinity = q @ k.transpose(1, 2)  # (B, R, R)
        empty = (1 - cells.clamp(max=1)).reshape(batch, 1, count) * MASKED
        chosen = (affinity + empty).topk(self.chosen, -1).indices
        first = torch.arange(batch, device=q.device)[:, None, None] * count  # of a picture's regions
        return (chosen + first).flatten(0, 1)
