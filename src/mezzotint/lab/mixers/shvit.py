# SPDX-License-Identifier: Apache-2.0
"""SHViT: one attention head over the whole picture, on a part of the channels; the others pass by untouched.

"SHViT: Single-Head Vision Transformer with Memory Efficient Macro Design" (CVPR 2024), section 3.2, with the block's
depthwise convolution kept on the attended part, which would not know where it is otherwise. The trap: it is quadratic
in the positions and affordable only because the paper works at 1/16 of the resolution and below.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SHViT",
    "global",
    "SHViT: Single-Head Vision Transformer with Memory Efficient Macro Design",
    2024,
    "the attention only: no stem, no early stages of convolutions; no normalisation of the attended part over the"
    " picture; the depthwise convolution serves that part only",
)


@MIXERS.register("shvit", SOURCE)
class SHViT(nn.Module):
    """``shvit(ratio=0.25, key=16)``: (B, C, H, W) -> (B, C, H, W).

    P = ratio C channels attend, with ``key`` channels a query; ``ratio=0`` is the identity. N = H W positions. Reach:
    the whole picture, for ratio=0 none of it.
    """

    def __init__(self, channels: int, ratio: float = 0.25, key: int = 16) -> None:
        super().__init__()
        if not 0 <= ratio <= 1 or key < 1:
            raise ValueError(
                f"ratio={ratio}, key={key}: choose a ratio from 0 to 1 and at least one key channel"
            )
        self.attended = round(ratio * channels)
        self.reach, self.aligned = (None if self.attended else 0), 1
        self.key = key
        if self.attended:
            self.around = depthwise(self.attended, 3)
            self.qkv = pointwise(self.attended, 2 * key + self.attended)
            self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.relu(self.mixed(x))) if self.attended else x

    def mixed(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W): the first P channels attended, the others as they were."""
        part, rest = x.split([self.attended, x.shape[1] - self.attended], 1)
        q, k, v = self.qkv(self.around(part)).split([self.key, self.key, self.attended], 1)
        seen = attend(*(to_tokens(m, 1) for m in (q, k, v)))  # (B, 1, N, P)
        return torch.cat([to_map(seen, *x.shape[2:]), rest], 1)
