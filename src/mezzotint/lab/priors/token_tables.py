# SPDX-License-Identifier: Apache-2.0
"""Priors of tokens, indices into a codebook: what they are, and the tables they code with.

A registered token prior is built from the number of codes and the length of a code's vector, and its own options:

    forward(tokens (B, h, w), vectors (codes, d)) -> bits (B,)    cross-entropy; in training it may also count
    compress(tokens (h, w), vectors) -> chunks
    decompress(chunks, h, w, vectors) -> tokens                   DamagedFile for other chunks

``vectors`` are the codes themselves, which both sides know; a prior may ignore them. The trap is that of all predicted
tables (coding.py): both sides must compute the same floats, so what decodes token by token must encode so.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.entropy import TOTAL, Table, TableSet
from mezzotint.lab.registry import Registry

TOKEN_PRIORS = Registry("token prior")
PART = 1 << 13  # tables of a chunk, of one symbol each: holds their memory to some tens of megabytes


def frequencies(mass: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Masses (n, A), rows of any positive sum -> frequencies (n, A) of at least 1, rows that sum to 2^24 exactly."""
    share = mass / mass.sum(1, keepdims=True) * (TOTAL - mass.shape[1])
    found = np.floor(share).astype(np.int64) + 1
    rows = np.arange(len(found))
    found[rows, found.argmax(1)] += TOTAL - found.sum(1)
    return found.astype(np.uint32)


def table_set(rows: NDArray[np.uint32]) -> TableSet:
    """(n, A) frequencies -> tables of the symbols 0 to A - 1."""
    return TableSet(tuple(Table(0, row) for row in rows))


class Counts(nn.Module):
    """How often each of ``codes`` symbols came, as a moving average: (codes,), every symbol seen at least a little."""

    counts: Tensor

    def __init__(self, codes: int, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("counts", torch.ones(codes))

    @torch.no_grad()
    def follow(self, tokens: Tensor) -> None:
        """Any shape of indices."""
        found = torch.bincount(tokens.flatten(), minlength=len(self.counts)).to(self.counts)
        self.counts.mul_(self.decay).add_(found)

    @torch.no_grad()
    def settle(self, tokens: Tensor) -> None:
        """Forget what came before, and take these indices, of any shape, for the whole."""
        self.counts.copy_(torch.bincount(tokens.flatten(), minlength=len(self.counts)))

    def shares(self) -> Tensor:
        """(codes,) probabilities; half a count is added to each symbol, so that none is impossible."""
        counts = self.counts + 0.5
        return counts / counts.sum()

    def bits(self, tokens: Tensor) -> Tensor:
        """Indices of any shape -> bits of each."""
        return -torch.log2(self.shares())[tokens]

    def tables(self) -> TableSet:
        """The one table."""
        return table_set(frequencies(self.shares().double().cpu().numpy()[None]))
