# SPDX-License-Identifier: Apache-2.0
"""A transformer block with its norms in front, on whole sequences or a token at a time with keys and values kept.

"Attention Is All You Need" (Vaswani et al., NeurIPS 2017); norms as in the ViT ("An Image is Worth 16x16 Words", ICLR
2021). It starts near the identity, so that what stands beside it as a shortcut rules the first steps of training.
The trap: a token at a time gives other last digits than the whole sequence; who codes with one must decode with it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import SelfAttention, attend, merge_heads, split_heads

QUIET = 0.1  # of both branches' last layers at the start


class Kept:
    """Keys and values of the tokens so far, (B, heads, N, C / heads) each, room for all of them made at once."""

    def __init__(self, batch: int, heads: int, tokens: int, width: int) -> None:
        self.keys = torch.zeros(batch, heads, tokens, width)
        self.values = torch.zeros(batch, heads, tokens, width)


class TransformerBlock(nn.Module):
    """Tokens (B, N, C) -> the same, by attention and then an MLP of ``hidden`` channels."""

    def __init__(self, channels: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention = SelfAttention(channels, heads)
        self.before, self.between = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.up, self.down = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        for last in (self.attention.out, self.down):
            last.weight.data *= QUIET
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """``bias`` is added to the scores, such as `causal`."""
        x = x + self.attention(self.before(x), bias)
        return x + self._mlp(x)

    def step(self, x: Tensor, place: int, kept: Kept) -> Tensor:
        """The token at ``place`` (B, 1, C) -> what `forward` with `causal` gives there; ``kept`` holds those before."""
        parts = self.attention.qkv(self.before(x)).chunk(3, 2)
        q, k, v = (split_heads(part, self.attention.heads) for part in parts)
        kept.keys[:, :, place], kept.values[:, :, place] = k[:, :, 0], v[:, :, 0]
        seen = attend(q, kept.keys[:, :, : place + 1], kept.values[:, :, : place + 1])
        x = x + self.attention.out(merge_heads(seen))
        return x + self._mlp(x)

    def _mlp(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(self.between(x))))


def causal(tokens: int) -> Tensor:
    """(N, N) for the scores: 0 where a key is no later than its query, minus infinity elsewhere."""
    return torch.full((tokens, tokens), -torch.inf).triu(1)
