# SPDX-License-Identifier: Apache-2.0
"""FFNet's mixer: attention's query, key and value, with convolutions for products and GELU for softmax.

"MetaMixer Is All You Need" (FFNet, 2024), section 3, FFNified attention. The query is a projection of the input; keys
and values are learned: a large depthwise kernel compares the query with its keys, GELU makes coefficients of that, a
second large kernel sums the values. It is a feed-forward network turned into space. The trap: two kernels in a row
reach twice as far as one.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FFNet-MetaMixer",
    "convolution",
    "MetaMixer Is All You Need",
    2024,
    "no batch norm, and no extra branches in training; the pointwise map behind the values is ours",
)


@MIXERS.register("ffnet_metamixer", SOURCE)
class FFNetMetaMixer(nn.Module):
    """``ffnet_metamixer(kernel=7)``: (B, C, H, W) -> (B, C, H, W). Reach 2 (kernel // 2), no windows."""

    def __init__(self, channels: int, kernel: int = 7) -> None:
        super().__init__()
        self.reach, self.aligned = 2 * (kernel // 2), 1
        self.query = pointwise(channels, channels)
        self.key = depthwise(channels, kernel)
        self.value = depthwise(channels, kernel)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        coefficients = F.gelu(self.key(self.query(x)))  # (B, C, H, W), no sum over positions to divide by
        return self.out(self.value(coefficients))
