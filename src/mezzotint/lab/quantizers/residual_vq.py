# SPDX-License-Identifier: Apache-2.0
"""Residual vector quantisation over growing grids: each scale codes what the coarser ones left, and has more tokens.

"3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation" (2024), its residual
quantizer, on maps. Every prefix of the scales decodes, and each further one can only lower the distortion: a token
stands for the mean of its square cell, and among its codes is always zero. The trap: that holds of y, not of the
picture; a synthesis that never saw a prefix in training may make little of one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.codebook import Codebook, to_planes, to_rows
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, straight_through
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source(
    "VAT",
    "residual",
    "3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation",
    2024,
    "the residual quantizer alone, on square cells of a map: no transformer that makes the tokens, latents not made "
    "Gaussian, tokens spread over their cells as they are, without interpolation",
)


@QUANTIZERS.register("residual_vq", SOURCE)
class ResidualVQ(nn.Module):
    """``residual_vq(cells=(8, 4, 2, 1), codes=256, decay=0.99, commitment=0.25)``: (B, C, H, W) -> the same.

    ``cells`` are the sides of the squares that a token of each scale stands for, aligned to the map's origin, none
    larger than the one before; (1, 1, 1) is plain residual quantisation. K = len(cells): a plane repeats a token over
    its cell, so that all scales share one grid; `tokens` gives what is sent. Index 0 is the zero vector, 1 to ``codes``
    the codebook. The loss is the mean over all prefixes, so that each is worth having.
    """

    idempotent = False

    def __init__(
        self,
        channels: int,
        cells: Sequence[int] = (8, 4, 2, 1),
        codes: int = 256,
        decay: float = 0.99,
        commitment: float = 0.25,
    ) -> None:
        super().__init__()
        cells = tuple(cells)
        if not cells or min(cells) < 1 or list(cells) != sorted(cells, reverse=True):
            raise ValueError(f"cells={cells}: choose sides of at least 1 that never grow, as in (8, 4, 2, 1)")
        self.channels, self.cells, self.commitment = channels, cells, commitment
        self.planes, self.alphabet = len(cells), codes + 1
        self.books = nn.ModuleList(Codebook(codes, channels, decay) for _ in cells)

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        y_hat, loss = torch.zeros_like(y), y.new_zeros(())
        planes = []
        for side, book in zip(self.cells, self.books, strict=True):
            rest = F.avg_pool2d(
                y.detach() - y_hat, side, ceil_mode=True
            )  # (B, C, h, w); a cut cell's own mean
            rows = to_rows(rest)
            if self.training:
                book.start(rows)
            index = _choose(book, rows)
            planes.append(_spread(to_planes(index[:, None], rest)[:, 0], side, *y.shape[2:]))
            y_hat = y_hat + _look_up(book, planes[-1])
            if self.training:
                loss = loss + self.commitment / self.planes * F.mse_loss(y, y_hat)
                book.follow(rows[index > 0], index[index > 0] - 1)
        symbols = torch.stack(planes, 1)
        return Quantized(straight_through(y, y_hat) if self.training else y_hat, symbols, loss)

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, k, H, W) indices of the first k scales, 1 <= k <= K -> y_hat of that prefix."""
        if not 1 <= symbols.shape[1] <= self.planes:
            raise ValueError(f"{symbols.shape[1]} scales of {self.planes}: give from 1 to all of them")
        y_hat = torch.zeros((), device=symbols.device)
        for book, plane in zip(self.books, symbols.unbind(1), strict=False):
            y_hat = y_hat + _look_up(book, plane)
        return y_hat

    def tokens(self, symbols: Tensor) -> list[Tensor]:
        """(B, k, H, W) symbols -> what is sent of each scale, (B, ceil(H / side), ceil(W / side)), coarsest first."""
        planes = zip(self.cells, symbols.unbind(1), strict=False)
        return [plane[:, ::side, ::side] for side, plane in planes]

    def symbols_of(self, tokens: list[Tensor], height: int, width: int) -> Tensor:
        """The inverse of `tokens`, for a map of that size."""
        scales = zip(self.cells, tokens, strict=False)
        return torch.stack([_spread(index, side, height, width) for side, index in scales], 1)

    def bits(self, height: int, width: int) -> float:
        """What the tokens of one map cost without an entropy coder."""
        sent = sum(-(-height // side) * -(-width // side) for side in self.cells)
        return sent * math.log2(self.alphabet)


def _choose(book: Codebook, rows: Tensor) -> Tensor:
    """(n, C) -> (n,): 0 where no code is nearer than the zero vector, else 1 and more."""
    code = book.nearest(rows)
    helps = (rows - book.vectors[code]).square().sum(1) < rows.square().sum(1)
    return torch.where(helps, code + 1, 0)


def _spread(index: Tensor, side: int, height: int, width: int) -> Tensor:
    """(B, h, w) -> (B, height, width), every index on all of its cell."""
    index = index.repeat_interleave(side, 1).repeat_interleave(side, 2)
    return index[:, :height, :width]


def _look_up(book: Codebook, plane: Tensor) -> Tensor:
    """(B, H, W) indices -> (B, C, H, W)."""
    codes = F.pad(book.vectors, (0, 0, 1, 0))  # zero in front
    return codes[plane].permute(0, 3, 1, 2)
