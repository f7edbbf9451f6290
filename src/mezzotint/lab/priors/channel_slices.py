# SPDX-License-Identifier: Apache-2.0
"""Channel slices: y is cut along its channels, and each slice is coded with the slices before it in sight.

"Channel-wise Autoregressive Entropy Models for Learned Image Compression" (Minnen and Singh, ICIP 2020):
all places of a slice at once, so as many serial steps as slices, whatever the picture's size. Each coded slice is then
moved by latent residual prediction. The trap: the guess needs the slice's own y_hat, so it comes after coding, and what
later slices see is the moved one on both sides.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.coding import Code
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.refine import Refine
from mezzotint.lab.priors.slices import Slices, pick_slice
from mezzotint.lab.registry import Source

SOURCE = Source(
    "channel-slices",
    "prior",
    "Channel-wise Autoregressive Entropy Models for Learned Image Compression",
    2020,
    "four slices by default in place of ten; one 3x3 layer in place of a stack of 5x5",
)


@PRIORS.register("channel_slices", SOURCE)
class ChannelSlices(Slices):
    """``channel_slices(slices=4, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    One chunk for z and one a slice. ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, slices: int = 4, width: int | None = None) -> None:
        super().__init__(channels, slices, width)
        supports = [2 * channels + i * self.size for i in range(slices)]
        self.heads = nn.ModuleList(_head(support, 2 * channels, self.size) for support in supports)
        self.refine = nn.ModuleList(Refine(support, self.size) for support in supports)

    def walk(self, code: Code) -> Tensor:
        support = self.side(code)  # (B, 2C, h, w), and a slice more each time
        done = []
        for i, (head, refine) in enumerate(zip(self.heads, self.refine, strict=True)):
            y_hat = code(pick_slice(i, self.slices), head(support))  # (B, C / slices, h, w)
            done.append(refine(support, y_hat))
            support = torch.cat([support, done[-1]], 1)
        return torch.cat(done, 1)


def _head(support: int, hidden: int, size: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(support, hidden, 3, padding=1), nn.LeakyReLU(), NormalHead(hidden, size))
