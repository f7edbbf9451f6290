# SPDX-License-Identifier: Apache-2.0
"""The zeroth-order prior of tokens: one table, how often each code came in training.

What entropy coding of independent indices can save (Shannon 1948); the anchor for priors that see the tokens around.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.lab.priors.token_tables import TOKEN_PRIORS, Counts
from mezzotint.lab.registry import Source

SOURCE = Source("histogram", "token prior", "A Mathematical Theory of Communication", 1948)


@TOKEN_PRIORS.register("histogram", SOURCE)
class Histogram(nn.Module):
    """``histogram()``: see token_tables.py; one chunk, empty for a codebook of one code."""

    def __init__(self, codes: int, width: int) -> None:
        super().__init__()
        self.codes = codes
        self.counts = Counts(codes)

    def forward(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        if self.training:
            self.counts.follow(tokens)
        return self.counts.bits(tokens).flatten(1).sum(1)

    def compress(self, tokens: Tensor, vectors: Tensor) -> tuple[bytes, ...]:
        values = tokens.flatten().cpu().numpy().astype(np.int32)
        return (entropy.encode(values, np.zeros(values.size, np.uint8), self.counts.tables()),)

    def decompress(self, chunks: Sequence[bytes], height: int, width: int, vectors: Tensor) -> Tensor:
        if len(chunks) != 1:
            raise DamagedFile(f"{len(chunks)} chunks of tokens, where one is read")
        places = np.zeros(height * width, np.uint8)
        values = entropy.decode(chunks[0], places, self.counts.tables())
        return torch.from_numpy(values).long().view(height, width)
