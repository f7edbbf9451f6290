# SPDX-License-Identifier: Apache-2.0
"""The residual block of all transforms: token mixer, then a gated pointwise MLP (GLU; Dauphin et al., ICML 2017).

No normalisation: it would read the picture (breaking the tile rule) or cost a pass over memory. The gate is a
plain sigmoid so that a block grows its input at most linearly; with SiLU gates, quadratic in their input,
training blew up (dev/LOG.md).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.mixers import depthwise as depthwise  # registers itself


class Block(nn.Module):
    """(B, C, H, W) -> the same: x + MLP(mixer(x))."""

    def __init__(self, channels: int, hidden: int, mixer: str = "depthwise(3)") -> None:
        super().__init__()
        # Set while exporting: onnxruntime keeps its blocked layout through two convolutions, not through a slice.
        self.split = False
        self.mixer = MIXERS.build(mixer, channels)
        self.up = nn.Conv2d(channels, 2 * hidden, 1)
        self.down = nn.Conv2d(hidden, channels, 1)
        nn.init.normal_(self.up.weight, std=channels**-0.5)
        nn.init.normal_(self.down.weight, std=0.2 * hidden**-0.5)
        nn.init.zeros_(self.up.bias)
        nn.init.zeros_(self.down.bias)

    def forward(self, x: Tensor) -> Tensor:
        x_mixed = self.mixer(x)
        if self.split:
            halves = zip(self.up.weight.chunk(2), self.up.bias.chunk(2), strict=True)
            value, gate = (F.conv2d(x_mixed, weight, bias) for weight, bias in halves)
        else:
            value, gate = self.up(x_mixed).chunk(2, 1)  # (B, hidden, H, W) each
        return x + self.down(value * F.sigmoid(gate))


def stack(depth: int, channels: int, hidden: int, mixer: str) -> nn.Sequential:
    return nn.Sequential(*(Block(channels, hidden, mixer) for _ in range(depth)))
