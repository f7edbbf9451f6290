# SPDX-License-Identifier: Apache-2.0
"""Channel gates from the map's own averages ("Squeeze-and-Excitation Networks", CVPR 2018).

They start at one, so that the untrained layer is the identity.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Reweight(nn.Module):
    """(B, C, H, W) -> the same, each channel times a number between 0 and 2."""

    def __init__(self, channels: int, hidden: int | None = None) -> None:
        super().__init__()
        hidden = max(4, channels // 4) if hidden is None else hidden
        self.down = nn.Conv2d(channels, hidden, 1)
        self.up = nn.Conv2d(hidden, channels, 1)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3), keepdim=True)  # (B, C, 1, 1)
        return x * (2 * torch.sigmoid(self.up(F.leaky_relu(self.down(pooled)))))
