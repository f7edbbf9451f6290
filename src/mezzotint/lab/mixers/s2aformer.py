# SPDX-License-Identifier: Apache-2.0
"""S2AFormer's strip self-attention: few positions for keys and values, few channels for queries and keys.

"S2AFormer: Strip Self-Attention for Efficient Vision Transformer" (2025), its SSA. Scores are N x N / stride^2 products
of ``strip`` numbers a head, so both the memory and the products of attention shrink; values keep all channels. The
trap: with one channel a head a score is a product of two numbers, and such a head can only rank the keys.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.layers.windows import pad_to_multiple
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "S2AFormer",
    "global",
    "S2AFormer: Strip Self-Attention for Efficient Vision Transformer",
    2025,
    "the attention and a depthwise term for its local part; the hybrid block's other convolutions are left out",
)


@MIXERS.register("s2aformer", SOURCE)
class StripAttention(nn.Module):
    """``s2aformer(stride=4, strip=2, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    N = H W queries, K = H W / stride^2 keys and values; ``strip`` channels a head in the scores. Reach: the whole
    picture.
    """

    def __init__(self, channels: int, stride: int = 4, strip: int = 2, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("stride", stride)
        check_side("strip", strip)
        self.reach, self.aligned = None, stride
        self.stride, self.heads, width = stride, heads, heads * strip
        self.query = pointwise(channels, width)
        self.reduce = nn.Conv2d(channels, channels, stride, stride, groups=channels)
        nn.init.normal_(self.reduce.weight, std=1 / stride)
        nn.init.zeros_(self.reduce.bias)
        self.key = pointwise(channels, width)
        self.value = pointwise(channels, channels)
        self.local = depthwise(channels, 3, centre=0.0)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.strips(x) + self.local(x))

    def strips(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W), the attention alone."""
        few = self.reduce(pad_to_multiple(x, self.stride, self.stride))  # (B, C, H / stride, W / stride)
        parts = (self.query(x), self.key(few), self.value(few))
        return to_map(attend(*(to_tokens(part, self.heads) for part in parts)), *x.shape[2:])
