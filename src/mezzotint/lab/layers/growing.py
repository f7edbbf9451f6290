# SPDX-License-Identifier: Apache-2.0
"""Residual quantisation of a short sequence of vectors, each scale of another number of tokens.

A scale cuts the sequence into as many runs of equal length, to within one, as it has tokens; a token stands for the
mean of its run, of what the scales before have left. So every prefix decodes, and as zero is among the codes, each
further scale can only bring the sequence nearer. After the residual quantizer of "3D representation in 512-Byte:
Variational tokenizer is the key for autoregressive 3D generation" (2024), in which counts grow; it interpolates between
tokens, which would lose that promise. The trap: the promise is of the sequence, not of the picture made of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.codebook import Codebook


class GrowingResidual(nn.Module):
    """Sequences (B, T, d) <-> indices (B, n), one tensor a scale. Index 0 is the zero vector, 1 to ``codes`` a code."""

    def __init__(self, tokens: int, counts: Sequence[int], codes: int, width: int) -> None:
        super().__init__()
        if not counts or min(counts) < 1 or max(counts) > tokens:
            raise ValueError(f"counts={tuple(counts)}: choose from 1 to {tokens} tokens for each scale")
        self.alphabet, self.counts = codes + 1, tuple(counts)
        self.books = nn.ModuleList(Codebook(codes, width) for _ in counts)
        for scale, count in enumerate(counts):
            member = torch.arange(tokens) * count // tokens  # (T,), the run of each place
            self.register_buffer(f"member{scale}", member, persistent=False)

    def forward(self, z: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, T, d) float32 -> indices of all scales, and z_hat (B, T, d) of every prefix.

        In training the codebooks begin on the first z and follow it.
        """
        z, z_hat = z.detach(), torch.zeros_like(z)
        indices, prefixes = [], []
        for scale, book in enumerate(self.books):
            rows = self.pooled(z - z_hat, scale).flatten(0, 1)  # (B n, d)
            if self.training:
                book.start(rows)
            index = _choose(book, rows)
            indices.append(index.view(len(z), -1))
            z_hat = z_hat + self.spread(scale, indices[-1])
            prefixes.append(z_hat)
            if self.training:
                book.follow(rows[index > 0], index[index > 0] - 1)
        return indices, prefixes

    def restore(self, indices: Sequence[Tensor]) -> Tensor:
        """Indices of the first scales, one at least -> z_hat, what `forward` gives for that prefix, bit for bit."""
        z_hat = torch.zeros(())
        for scale, index in enumerate(indices):
            z_hat = z_hat + self.spread(scale, index)
        return z_hat

    def pooled(self, z: Tensor, scale: int) -> Tensor:
        """(B, T, d) -> (B, n, d), means of the runs."""
        member = self.member(scale)
        total = z.new_zeros(len(z), self.counts[scale], z.shape[2]).index_add(1, member, z)
        return total / torch.bincount(member).to(z)[:, None]

    def spread(self, scale: int, index: Tensor) -> Tensor:
        """(B, n) -> (B, T, d), each code over its run."""
        codes = F.pad(self.books[scale].vectors, (0, 0, 1, 0))  # zero in front
        return codes[index][:, self.member(scale)]

    def member(self, scale: int) -> Tensor:
        member: Tensor = getattr(self, f"member{scale}")
        return member


def _choose(book: Codebook, rows: Tensor) -> Tensor:
    """(n, d) -> (n,): 0 where no code is nearer than the zero vector, else 1 and more."""
    code = book.nearest(rows)
    helps = (rows - book.vectors[code]).square().sum(1) < rows.square().sum(1)
    return torch.where(helps, code + 1, 0)
