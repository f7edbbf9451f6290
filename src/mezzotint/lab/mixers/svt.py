# SPDX-License-Identifier: Apache-2.0
"""SVT: a dual-tree wavelet splits the map without loss; its low band is gated, its high bands mixed in blocks.

"Scattering Vision Transformer: Spectral Mixing Matters", NeurIPS 2023: tensor blending of the low band (a weight a cell
and channel) and Einstein blending of the six complex high bands (block-diagonal products between channels, then between
tokens). With unit weights the input passes. The trap: the paper's weights belong to places of a map of one size; ours
repeat with the window, so that any size will do and a tile has the weights that the picture has.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.dualtree import dual_tree_merge, dual_tree_split
from mezzotint.lab.layers.monarch import product
from mezzotint.lab.layers.windows import pad_to_multiple
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SVT",
    "frequency",
    "Scattering Vision Transformer: Spectral Mixing Matters",
    2023,
    scaled_down="weights of places repeat with a window of 8 and tokens mix inside it, instead of one fixed map",
)
BANDS = 6


@MIXERS.register("svt", SOURCE)
class SVT(nn.Module):
    """``svt(window=8, blocks=8)`` on (B, C, H, W); K = 6 bands, D = C / blocks channels, T = window^2 / 4 tokens.

    Reach: the window and three cells of wavelet filters.
    """

    def __init__(self, channels: int, window: int = 8, blocks: int = 8) -> None:
        super().__init__()
        if window < 2 or window % 2 or blocks < 1 or channels % blocks:
            raise ValueError(
                f"window {window}, blocks {blocks}: an even window, and a divisor of {channels} channels"
            )
        self.reach, self.aligned = window - 1 + 3, window
        self.blocks, self.side = blocks, window // 2
        depth, tokens = channels // blocks, self.side**2
        self.low = nn.Parameter(1 + 0.02 * torch.randn(channels, 4, self.side, self.side))  # in quads
        self.channel_mix = nn.Parameter(complex_identity(BANDS * blocks, depth))  # (2, K blocks, D, D)
        self.channel_bias = nn.Parameter(torch.zeros(2, BANDS * blocks, depth, 1))
        self.token_mix = nn.Parameter(complex_identity(BANDS * blocks, tokens))  # (2, K blocks, T, T)

    def forward(self, x: Tensor) -> Tensor:
        bands = dual_tree_split(x)  # (B, C, 16, h, w)
        low, high = bands.split((4, 2 * BANDS), 2)
        blended = torch.cat((self.blend_low(low), self.blend_high(high)), 2)
        return dual_tree_merge(blended, *x.shape[2:])

    def blend_low(self, low: Tensor) -> Tensor:
        """(B, C, 4, h, w) times the weight of its place in the window."""
        h, w = low.shape[3:]
        down, right = (h + self.side - 1) // self.side, (w + self.side - 1) // self.side
        return low * self.low.repeat(1, 1, down, right)[..., :h, :w]

    def blend_high(self, high: Tensor) -> Tensor:
        """(B, C, 2 K, h, w) -> the same: between the channels of a block, then between the tokens of a window."""
        b, c, _, h, w = high.shape
        side = self.side
        z = pad_to_multiple(high.flatten(1, 2), side, side)
        down, right = z.shape[2] // side, z.shape[3] // side
        z = z.reshape(b, c, BANDS, 2, down, side, right, side).permute(3, 0, 4, 6, 2, 1, 5, 7)
        z = z.reshape(2, b * down * right, BANDS * self.blocks, c // self.blocks, side * side)
        real, imaginary = product(self.channel_mix.unbind(0), z.unbind(0))  # (N, K blocks, D, T) each
        bias = self.channel_bias.unbind(0)
        z = torch.stack(product((real + bias[0], imaginary + bias[1]), self.token_mix.unbind(0)))
        z = z.reshape(2, b, down, right, BANDS, c, side, side).permute(1, 5, 4, 0, 2, 6, 3, 7)
        return z.reshape(b, c, 2 * BANDS, down * side, right * side)[..., :h, :w]


def complex_identity(count: int, size: int) -> Tensor:
    """(2, count, size, size): identities as real and imaginary part, with a little noise."""
    eye = torch.stack((torch.eye(size), torch.zeros(size, size)))
    return eye[:, None] + 0.02 * torch.randn(2, count, size, size)
