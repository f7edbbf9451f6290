# SPDX-License-Identifier: Apache-2.0
"""The hyperprior's side path: y is analysed into z, z is sent, and what both sides know of z becomes features.

    y --- h_a --- z --- round, Cumulative --- z_hat --- h_s --- features of y's size

"Variational Image Compression with a Scale Hyperprior" (Balle et al., ICLR 2018), section 3, with signed y as input
(Minnen et al., NeurIPS 2018), since means are predicted too. z has a cell for each 4 x 4 positions of y.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.priors.coding import CELL, Code
from mezzotint.lab.priors.cumulative import Cumulative


def check_width(width: int | None, channels: int) -> int:
    """``channels`` where the width is left out; ValueError when it is none."""
    width = channels if width is None else width
    if width < 1:
        raise ValueError(f"width={width} holds no features: choose 1 or more")
    return width


class Analysis(nn.Sequential):
    """h_a: y (B, C, h, w) -> z (B, width, h/4, w/4)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(width, width, 5, stride=2, padding=2),
            nn.LeakyReLU(),
            nn.Conv2d(width, width, 5, stride=2, padding=2),
        )


class Synthesis(nn.Sequential):
    """h_s: z_hat (B, width, h/4, w/4) -> features (B, features, h, w)."""

    def __init__(self, width: int, features: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(width, width, 5, stride=2, padding=2, output_padding=1),
            nn.LeakyReLU(),
            nn.ConvTranspose2d(width, width, 5, stride=2, padding=2, output_padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(width, features, 3, padding=1),
            nn.LeakyReLU(),
        )


class Side(nn.Module):
    """code -> features (B, 2C, h, w); sends z, of ``width`` channels or as many as y has, as one step."""

    def __init__(self, channels: int, width: int | None) -> None:
        super().__init__()
        width = check_width(width, channels)
        self.analysis = Analysis(channels, width)
        self.synthesis = Synthesis(width, 2 * channels)
        self.prior = Cumulative(width)

    def forward(self, code: Code) -> Tensor:
        batch, height, width = code.size
        z_hat = code(self.analysis, self.prior.density((batch, height // CELL, width // CELL)))
        return self.synthesis(z_hat)
