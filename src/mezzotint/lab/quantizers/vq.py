# SPDX-License-Identifier: Apache-2.0
"""Vector quantisation with a codebook of moving averages, which k-means shrinks to smaller ones for lower rates.

The codebook is that of "Neural Discrete Representation Learning" (NeurIPS 2017), section 3.2; that one codebook serves
several rates by clustering is from "Extreme Image Compression using Fine-tuned VQGANs" (DCC 2024). The trap: a fixed
number of bits a cell, used or not. Entropy coding of the indices gains what their frequencies differ, no more.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.codebook import Codebook, to_planes, to_rows
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, straight_through
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source(
    "VQGAN-Extreme",
    "vector",
    "Extreme Image Compression using Fine-tuned VQGANs",
    2024,
    "the codebook and its clustering: no VQGAN round it, and no transformer that infers lost indices",
)


@QUANTIZERS.register("vq", SOURCE)
class VQ(nn.Module):
    """``vq(codes=1024, groups=1, decay=0.99, commitment=0.25)``: (B, C, H, W) -> the same; K = groups indices a cell.

    The channels of a cell are cut into ``groups`` vectors of C / groups, each with its own codebook.
    """

    idempotent = True

    def __init__(
        self,
        channels: int,
        codes: int = 1024,
        groups: int = 1,
        decay: float = 0.99,
        commitment: float = 0.25,
    ) -> None:
        super().__init__()
        if groups < 1 or channels % groups:
            raise ValueError(f"{channels} channels do not divide into {groups} groups: choose a divisor")
        self.channels, self.planes, self.commitment = channels, groups, commitment
        self.books = nn.ModuleList(Codebook(codes, channels // groups, decay) for _ in range(groups))

    @property
    def alphabet(self) -> int:
        return len(self.books[0].vectors)

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        parts = [to_rows(part) for part in y.chunk(self.planes, 1)]  # (B H W, C / groups) each
        if self.training:
            for book, rows in zip(self.books, parts, strict=True):
                book.start(rows)
        index = [book.nearest(rows) for book, rows in zip(self.books, parts, strict=True)]
        symbols = to_planes(torch.stack(index, 1), y)
        y_hat = self.dequantise(symbols)
        if not self.training:
            return Quantized(y_hat, symbols, y.new_zeros(()))
        for book, rows, chosen in zip(self.books, parts, index, strict=True):
            book.follow(rows, chosen)
        return Quantized(straight_through(y, y_hat), symbols, self.commitment * F.mse_loss(y, y_hat))

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, groups, H, W) indices -> y_hat."""
        planes = zip(self.books, symbols.unbind(1), strict=True)
        return torch.cat([book.vectors[index] for book, index in planes], -1).permute(0, 3, 1, 2)

    def recluster(self, size: int) -> VQ:
        """A quantizer with codebooks of ``size`` codes, the centres of these; this one stays as it is."""
        book = self.books[0]
        small = VQ(self.channels, size, self.planes, book.decay, self.commitment)
        small.books = nn.ModuleList(book.recluster(size) for book in self.books)
        return small.train(self.training)
