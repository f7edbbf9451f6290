# SPDX-License-Identifier: Apache-2.0
"""HorNet's recursive gated convolution: depthwise features multiplied in turn, an interaction of high order.

"HorNet: Efficient High-Order Spatial Interactions with Recursive Gated Convolutions" (NeurIPS 2022), section 3.1,
equations 3.2 to 3.4. A pointwise layer gives one gate of C / 2^(n-1) channels and n maps of C / 2^(n-1) ... C channels;
all maps are filtered at once, and the gate is multiplied with one after the other, widened in between. The trap: the
output is a polynomial of degree n + 1 in the input, so an input without a norm before it blows up.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "HorNet",
    "convolution",
    "HorNet: Efficient High-Order Spatial Interactions with Recursive Gated Convolutions",
    2022,
    "7x7 depthwise form; the variant with a global filter is left out; one order at all resolutions",
)


@MIXERS.register("hornet", SOURCE)
class HorNet(nn.Module):
    """``hornet(order=3, kernel=7, alpha=1.0)``: (B, C, H, W) -> (B, C, H, W).

    n = order, c_i = C / 2^(n - 1 - i) channels at step i; ``alpha`` divides each step, as in equation 3.3 (the paper
    needs 3; our start has unit gain). Reach kernel // 2 at any order: products do not widen it. No windows.
    """

    def __init__(self, channels: int, order: int = 3, kernel: int = 7, alpha: float = 1.0) -> None:
        super().__init__()
        if order < 1 or channels % 2 ** (order - 1):
            raise ValueError(f"{channels} channels cannot be halved {order - 1} times: choose a lower order")
        if alpha <= 0:
            raise ValueError(f"alpha divides, so it cannot be {alpha}: choose a positive one")
        self.reach, self.aligned = kernel // 2, 1
        self.widths = [channels // 2 ** (order - 1 - i) for i in range(order)]
        self.alpha = alpha
        self.into = pointwise(channels, 2 * channels)  # the widths and the first once more make 2 C
        self.spatial = depthwise(sum(self.widths), kernel)
        steps = zip(self.widths[:-1], self.widths[1:], strict=True)
        self.widen = nn.ModuleList(pointwise(narrow, wide) for narrow, wide in steps)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate, rest = self.into(x).split([self.widths[0], sum(self.widths)], 1)
        maps = (self.spatial(rest) / self.alpha).split(self.widths, 1)
        gate = gate * maps[0]  # (B, c_0, H, W)
        for widen, interaction in zip(self.widen, maps[1:], strict=True):
            gate = widen(gate) * interaction  # (B, c_i, H, W)
        return self.out(gate)
