# SPDX-License-Identifier: Apache-2.0
"""Two branches that weigh each other before they are added: one by places, the other by channels.

    main  --------+------- * gates from beside ---- + --- out
                  |  gates of the other kind        |
    beside -------+------- * gates from main ------ +

"Dual Aggregation Transformer for Image Super-Resolution" (ICCV 2023), its adaptive interaction; S2LIC (2024) weighs its
contexts so. A branch that mixes places knows little of channels and is weighed by channels, from the other branch; and
the reverse. The trap: a gate by places has one number a place for all channels, a gate by channels one a channel for
all places; batch norms inside them, as in the papers, are left out, since they would differ between training and use.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN_LEAST = 4


class PlaceGate(nn.Module):
    """(B, C, h, w) -> (B, 1, h, w) in 0..1, one half at first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = _gate(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.up(F.gelu(self.down(x))))


class ChannelGate(nn.Module):
    """(B, C, h, w) -> (B, C, 1, 1) in 0..1, from the means over all places, one half at first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = _gate(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.up(F.gelu(self.down(x.mean((2, 3), keepdim=True)))))


class Crossed(nn.Module):
    """main and beside (B, C, h, w) -> (B, C, h, w).

    ``main`` is multiplied by what ``of_main`` makes of beside, beside by what ``of_beside`` makes of main.
    """

    def __init__(self, of_main: nn.Module, of_beside: nn.Module) -> None:
        super().__init__()
        self.of_main, self.of_beside = of_main, of_beside

    def forward(self, main: Tensor, beside: Tensor) -> Tensor:
        return 2 * (main * self.of_main(beside) + beside * self.of_beside(main))  # at first their sum


def _gate(channels: int, outputs: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    hidden = max(HIDDEN_LEAST, channels // 4)
    down, up = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, outputs, 1)
    nn.init.zeros_(up.weight)
    nn.init.zeros_(up.bias)
    return down, up
