# SPDX-License-Identifier: Apache-2.0
"""Attention over all places at a cost linear in them: softmax over keys' places, softmax over a query's channels.

"Efficient Attention: Attention with Linear Complexities" (WACV 2021) splits the softmax so; MLIC++ (2023) takes it for
two references of an entropy model. Among the places of a slice, what its anchors hold is carried to the other colour,
by resemblances that are read off a guide known everywhere; and among the slices before, each place gathers from all.
The trap: keys are normalised over anchors only; over all places, the zeros that stand for unknown values would be mixed
in.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.tokens import to_map, to_tokens


def linear_attention(q: Tensor, k: Tensor, v: Tensor, unknown: Tensor | None = None) -> Tensor:
    """Tokens (B, heads, N, d), values (B, heads, N, e) -> (B, heads, N, e).

    Places where ``unknown`` (N,) is true are attended to by nobody.
    """
    if unknown is not None:
        k = k.masked_fill(unknown[:, None], -torch.inf)
    return torch.softmax(q, 3) @ (torch.softmax(k, 2).mT @ v)


class GlobalContext(nn.Module):
    """Guide and anchors (B, C, h, w), zeros at the other colour -> (B, E, h, w)."""

    def __init__(self, channels: int, out: int, heads: int) -> None:
        super().__init__()
        check_heads(out, heads)
        self.heads = heads
        self.query, self.key = pointwise(channels, out), pointwise(channels, out)
        self.value, self.out = pointwise(channels, out), pointwise(out, out)

    def forward(self, guide: Tensor, anchors: Tensor) -> Tensor:
        h, w = guide.shape[2:]
        q, k, v = (
            to_tokens(layer(x), self.heads)  # (B, heads, N, E / heads)
            for layer, x in ((self.query, guide), (self.key, guide), (self.value, anchors))
        )
        rows, columns = torch.arange(h, device=q.device), torch.arange(w, device=q.device)
        others = ((rows[:, None] + columns[None]) % 2).flatten().bool()  # (N,)
        return self.out(to_map(linear_attention(q, k, v, others), h, w))


class InterContext(nn.Module):
    """Earlier slices (B, S, h, w) -> (B, E, h, w): every place gathers from all places of all of them.

    Queries, keys and values are pointwise and depthwise maps, as in MLIC++: a place is told by its surroundings, too.
    """

    def __init__(self, source: int, out: int, heads: int) -> None:
        super().__init__()
        check_heads(out, heads)
        self.heads = heads
        self.query, self.key, self.value = (
            nn.Sequential(pointwise(source, out), depthwise(out, 3)) for _ in range(3)
        )
        self.out = pointwise(out, out)

    def forward(self, earlier: Tensor) -> Tensor:
        h, w = earlier.shape[2:]
        q, k, v = (to_tokens(layer(earlier), self.heads) for layer in (self.query, self.key, self.value))
        return self.out(to_map(linear_attention(q, k, v), h, w))
