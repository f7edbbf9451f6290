# SPDX-License-Identifier: Apache-2.0
"""Finite scalar quantisation: a few bounded dimensions, each rounded to a few levels; their product is the codebook.

"Finite Scalar Quantization: VQ-VAE Made Simple" (ICLR 2024), section 3.1. Nothing is learned but the projection into
those dimensions and back, so no code can die. The trap: tanh saturates. A projection that grows drives all cells to the
outermost levels, where there is no gradient back; norm or decay in front of it is the remedy, not more levels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, straight_through
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FSQ",
    "scalar",
    "Finite Scalar Quantization: VQ-VAE Made Simple",
    2024,
    "an even number of levels lies evenly on both sides of zero, where the paper's has one at zero",
)
MOST_LEVELS = 256
MOST_CODES = 2**30  # an index fits a coder's 32 bits


@QUANTIZERS.register("fsq", SOURCE)
class FSQ(nn.Module):
    """``fsq(levels=(8, 5, 5, 5))``: (B, C, H, W) -> the same; one symbol a cell, K = 1, the index of its code.

    D = len(levels) dimensions, at most C. Digits count 0 to L - 1 and stand for codes evenly spread over [-1, 1]; the
    first digit is the quickest in the index. It starts as an orthonormal projection and its transpose.
    """

    planes, idempotent = 1, False
    counts: Tensor
    places: Tensor

    def __init__(self, channels: int, levels: tuple[int, ...] = (8, 5, 5, 5)) -> None:
        super().__init__()
        if not 1 <= len(levels) <= channels or not all(2 <= n <= MOST_LEVELS for n in levels):
            raise ValueError(
                f"levels={levels}: choose 1 to {channels} (the channels) numbers from 2 to {MOST_LEVELS}"
            )
        self.alphabet = math.prod(levels)
        if self.alphabet > MOST_CODES:
            raise ValueError(f"levels={levels} make {self.alphabet} codes: choose fewer, at most 2^30")
        self.channels = channels
        self.down, self.up = pointwise(channels, len(levels)), pointwise(len(levels), channels)
        nn.init.orthogonal_(self.down.weight)
        self.up.weight.data = self.down.weight.data.transpose(0, 1).clone()
        count = torch.tensor(levels)[:, None, None]  # (D, 1, 1)
        self.register_buffer("counts", count, persistent=False)
        self.register_buffer("places", count.cumprod(0) // count, persistent=False)

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        half = (self.counts - 1) / 2
        scaled = half * (torch.tanh(self.down(y)) + 1)  # (B, D, H, W) in [0, L - 1]
        symbols = self.index_of(scaled.detach().round().to(torch.int64))
        if not self.training:
            return Quantized(self.dequantise(symbols), symbols, y.new_zeros(()))
        code = straight_through(scaled, scaled.round()) / half - 1
        return Quantized(self.up(code), symbols, y.new_zeros(()))

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, 1, H, W) indices -> y_hat."""
        half = (self.counts - 1) / 2
        return self.up(self.digits_of(symbols) / half - 1)

    def index_of(self, digits: Tensor) -> Tensor:
        """(B, D, H, W) digits -> (B, 1, H, W) indices, one to one."""
        return (digits * self.places).sum(1, keepdim=True)

    def digits_of(self, index: Tensor) -> Tensor:
        """The inverse of `index_of`."""
        return index // self.places % self.counts
