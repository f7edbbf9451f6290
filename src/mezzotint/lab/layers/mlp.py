# SPDX-License-Identifier: Apache-2.0
"""The gated pointwise network of a block (GLU; Dauphin et al., ICML 2017), with a sigmoid as its gate.

Value and gate are two convolutions, not halves of one: onnxruntime keeps its blocked layout through two, not through a
slice.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class GatedMlp(nn.Module):
    """(B, C, H, W) -> the same, through ``hidden`` channels: 3 C hidden multiply-accumulates a cell."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.value = nn.Conv2d(channels, hidden, 1)
        self.gate = nn.Conv2d(channels, hidden, 1)
        self.down = nn.Conv2d(hidden, channels, 1)
        for conv, std in (
            (self.value, channels**-0.5),
            (self.gate, channels**-0.5),
            (self.down, 0.2 * hidden**-0.5),
        ):
            nn.init.normal_(conv.weight, std=std)
            nn.init.zeros_(conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.value(x) * F.sigmoid(self.gate(x)))
