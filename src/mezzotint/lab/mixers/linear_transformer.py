# SPDX-License-Identifier: Apache-2.0
"""Linear attention: with elu + 1 in place of the exponential, keys and values are summed before the queries come.

"Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention" (ICML 2020), section 3.2;
phi(q) (phi(k)^T v) costs the square of a head's width, not of the positions. The trap: both sums grow with the picture;
they are taken as means here, which leaves their ratio as it is.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "LinearTransformer",
    "linear-time",
    "Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention",
    2020,
    "the form that sees both ways, not the causal one; a depthwise convolution tells positions, not sinusoids",
)


@MIXERS.register("linear_transformer", SOURCE)
class LinearTransformer(nn.Module):
    """``linear_transformer(heads=4)``: (B, C, H, W) -> (B, C, H, W).

    N = H W positions, d = C / heads. Reach: the whole picture.
    """

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        self.reach, self.aligned, self.heads = None, 1, heads
        self.position = depthwise(channels, 3)
        self.qkv = pointwise(channels, 3 * channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (to_tokens(part, self.heads) for part in self.qkv(self.position(x)).chunk(3, 1))
        return self.out(to_map(linear_attention(q, k, v), *x.shape[2:]))


def linear_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(B, heads, N, d) each -> (B, heads, N, d)."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    state = (k.transpose(2, 3) * (1 / k.shape[2])) @ v  # (B, heads, d, d)
    weight = q @ k.mean(2, keepdim=True).transpose(2, 3)  # (B, heads, N, 1)
    return (q @ state) / (weight + 1e-6)
