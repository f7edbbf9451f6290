# SPDX-License-Identifier: Apache-2.0
"""Deformable attention: every place attends to a few samples of a map, and the samples' places are learned.

"Vision Transformer with Deformable Attention" (DAT, CVPR 2022), section 3.2: the samples start on a coarse grid that
all queries share, and move by offsets that are read off the queries near them, a cell at most; groups of the source's
channels may have offsets of their own. Sampling is bilinear, hence continuous in the offsets. The trap: `grid_sample`
counts (x, y) from -1 to 1 between the outer edges of the map, not in rows and columns.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.tokens import to_map, to_tokens


class DeformableAttention(nn.Module):
    """Queries (B, Q, h, w) and a source (B, S, h, w) -> (B, C, h, w); a sample for each ``spacing`` x ``spacing``.

    Each of ``groups`` equal parts of the source is sampled at places of its own.
    """

    def __init__(
        self, queries: int, source: int, channels: int, heads: int, spacing: int = 4, groups: int = 1
    ) -> None:
        super().__init__()
        check_heads(channels, heads)
        if groups < 1 or source % groups:
            raise ValueError(f"{source} channels cannot be cut into {groups} groups: choose a divisor")
        self.heads, self.spacing, self.groups = heads, spacing, groups
        self.query = pointwise(queries, channels)
        self.near = nn.Conv2d(channels, channels, spacing, stride=spacing, groups=channels)
        self.offset = pointwise(channels, 2 * groups)
        self.key, self.value = pointwise(source, channels), pointwise(source, channels)
        self.out = pointwise(channels, channels)
        self.offset.weight.data *= 0.1

    def places(self, q: Tensor) -> Tensor:
        """(B, C, h, w) -> (B groups, h / spacing, w / spacing, 2) sampling places (x, y) in cells of the map."""
        offset = self.spacing * torch.tanh(self.offset(F.gelu(self.near(q))))  # (B, 2 groups, h', w')
        offset = offset.unflatten(1, (self.groups, 2)).flatten(0, 1)
        rows, columns = (
            self.spacing * (torch.arange(n, device=q.device) + 0.5) - 0.5 for n in offset.shape[2:]
        )
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))  # (2, h', w')
        return (grid + offset).permute(0, 2, 3, 1)

    def forward(self, queries: Tensor, source: Tensor) -> Tensor:
        q = self.query(queries)
        h, w = q.shape[2:]
        size = torch.tensor([w, h], dtype=q.dtype, device=q.device)
        at = 2 * (self.places(q) + 0.5) / size - 1
        parts = source.unflatten(1, (self.groups, -1)).flatten(0, 1)  # (B groups, S / groups, h, w)
        samples = F.grid_sample(parts, at, padding_mode="border", align_corners=False)
        samples = samples.unflatten(0, (-1, self.groups)).flatten(1, 2)  # (B, S, h', w')
        q, k, v = (to_tokens(x, self.heads) for x in (q, self.key(samples), self.value(samples)))
        return self.out(to_map(attend(q, k, v), h, w))
