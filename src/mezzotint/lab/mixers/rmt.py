# SPDX-License-Identifier: Apache-2.0
"""RMT's decay attention: what is farther counts less, by a fixed factor a step, along columns and then along rows.

"RMT: Retentive Networks Meet Vision Transformers" (CVPR 2024), section 3 (MaSA, decomposed). Decay by
Manhattan distance is the product of one decay a row and one a column, so the picture is attended along one axis at a
time. The trap: the decay enters as its logarithm, inside the softmax, as in the authors' code. Behind the softmax, as
the paper's equation has it, rows would no longer sum to one and the output would fade with the picture's size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "RMT",
    "global",
    "RMT: Retentive Networks Meet Vision Transformers",
    2024,
    "the decomposed attention and its local term; no rotary angles on queries and keys",
)


@MIXERS.register("rmt", SOURCE)
class RMT(nn.Module):
    """``rmt(heads=4, slowest=6.0, fastest=2.0)``: (B, C, H, W) -> (B, C, H, W).

    Head i of n forgets 2^-(fastest + (slowest - fastest) i / n) of a value a step; d = C / heads. Reach: the whole
    picture.
    """

    def __init__(self, channels: int, heads: int = 4, slowest: float = 6.0, fastest: float = 2.0) -> None:
        super().__init__()
        check_heads(channels, heads)
        if not 0 < fastest <= slowest:
            raise ValueError(f"fastest={fastest} and slowest={slowest}: choose 0 < fastest <= slowest")
        self.reach, self.aligned = None, 1
        self.heads = heads
        exponents = fastest + (slowest - fastest) * torch.arange(heads) / heads
        self.register_buffer("log_decay", torch.log1p(-(2.0**-exponents))[:, None, None], persistent=False)
        self.qkv = pointwise(channels, 3 * channels)
        self.local = depthwise(channels, 5, centre=0.0)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)
        return self.out(self.decayed(q, k, v) + self.local(v))

    def decayed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, C, H, W) each -> (B, C, H, W): along each row, and what that gives along each column."""
        # (B, H, heads, W, d): what attention runs along stands before d.
        q, k, v = (m.unflatten(1, (self.heads, -1)).permute(0, 3, 1, 4, 2) for m in (q, k, v))
        mixed = attend(q, k, v, self.bias(q.shape[3]))
        q, k, mixed = (m.transpose(1, 3) for m in (q, k, mixed))  # (B, W, heads, H, d)
        mixed = attend(q, k, mixed, self.bias(q.shape[3]))
        return mixed.permute(0, 2, 4, 3, 1).flatten(1, 2)

    def bias(self, length: int) -> Tensor:
        """(heads, length, length): the distance times the log of what is left after a step."""
        place = torch.arange(length, device=self.log_decay.device)
        return (place[:, None] - place).abs() * self.log_decay
