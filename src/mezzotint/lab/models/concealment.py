# SPDX-License-Identifier: Apache-2.0
"""Lost tokens inferred from those that are left, and the plain fills that this is measured against.

    vectors of kept codes --- mean of the kept neighbours --------------------- + --- guess --- nearest code
             \\                                                                 /
              linear, or a mark where lost --- + place --- blocks --- linear (zero at first)

The restoration of "Extreme Image Compression using Fine-tuned VQGANs" (DCC 2024): a transformer that sees the map in
both directions and predicts the index at each gap. Ours speaks in vectors of the codes, so that one network serves
codebooks of all sizes, and starts from the mean of the neighbours. It fills with the code that is nearest to what it
expects, not with the likeliest one, which where it is unsure would be farther off. The trap: a loss that empties a
whole window leaves nothing to infer from; then the guess is the mean code's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.kmeans import nearest
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.models.vit import Tower

REACH = 2  # cells to each side whose kept codes make the first guess
PACE = 8.0  # the temperature's logarithm counts in units of it: a step of the optimiser moves it by a useful amount


class Concealer(nn.Module):
    """Vectors (B, M, h, w), whether lost (B, 1, h, w) bool -> guesses (B, M, h, w), of use where lost."""

    def __init__(self, spread: Tensor, channels: int = 128, depth: int = 2, heads: int = 4) -> None:
        super().__init__()
        width = len(spread)
        self.register_buffer("spread", spread.view(1, -1, 1, 1).clone())
        distance = torch.arange(-REACH, REACH + 1).float().square()
        bell = torch.exp(-(distance[:, None] + distance[None]))
        self.register_buffer("bell", bell[None, None], persistent=False)
        self.stem, self.mark = (
            nn.Conv2d(2 * width, channels, 1),
            nn.Parameter(0.1 * torch.randn(channels, 1, 1)),
        )
        self.tower = Tower(channels, depth, heads)
        self.head = nn.Conv2d(channels, width, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.log_heat = nn.Parameter((spread.square().sum() / 8).log() / PACE)

    @in_float32
    def forward(self, vectors: Tensor, lost: Tensor) -> Tensor:
        kept = (~lost).float()
        vectors = vectors * kept
        near = self._blurred(vectors) / self._blurred(kept).clamp_min(1e-3)
        whole = vectors.mean((2, 3), keepdim=True) / kept.mean((2, 3), keepdim=True).clamp_min(1e-3)
        near = torch.where(self._blurred(kept) > 0, near, whole)
        told = self.stem(torch.cat([vectors, near], 1) / self.spread.repeat(1, 2, 1, 1))
        return near + self.head(self.tower(told + self.mark * lost)) * self.spread

    def nats(self, guess: Tensor, tokens: Tensor, codes: Tensor, lost: Tensor) -> Tensor:
        """Cross-entropy of the lost tokens (B, h, w) among ``codes`` (K, M): scalar, 0 where none is lost."""
        rows = guess.permute(0, 2, 3, 1)[lost[:, 0]]  # (n, M)
        if not len(rows):
            return guess.sum() * 0
        return F.cross_entropy(self._logits(rows, codes), tokens[lost[:, 0]])

    @torch.no_grad()
    def fill(self, tokens: Tensor, lost: Tensor, codes: Tensor) -> Tensor:
        """tokens (h, w), ``lost`` (h, w) bool -> tokens with the lost ones inferred; what stood there is not read."""
        tokens = tokens.masked_fill(lost, 0)
        vectors = codes[tokens].permute(2, 0, 1)[None]
        rows = self(vectors, lost[None, None])[0].permute(1, 2, 0)[lost]
        expected = self._logits(rows, codes).softmax(1) @ codes
        filled = tokens.clone()
        filled[lost] = nearest(expected, codes)
        return filled

    def _logits(self, rows: Tensor, codes: Tensor) -> Tensor:
        """(n, M), (K, M) -> (n, K): squared distances over a learned temperature."""
        distance = codes.square().sum(1) - 2 * rows @ codes.T  # less what all codes share
        return -distance / (2 * (PACE * self.log_heat).exp())

    def _blurred(self, x: Tensor) -> Tensor:
        """Each channel summed over its neighbourhood under a bell."""
        return (
            F.conv2d(x.transpose(0, 1).flatten(0, 1)[:, None], self.bell, padding=REACH)
            .view(x.shape[1], x.shape[0], *x.shape[2:])
            .transpose(0, 1)
        )


def copied(tokens: Tensor, lost: Tensor, codes: Tensor) -> Tensor:
    """Every lost token takes that of the nearest kept one, by steps down, up, right, left; 0 where none is kept."""
    tokens, known = tokens.masked_fill(lost, 0), ~lost
    while bool(known.any()) and not bool(known.all()):
        before, there = tokens, known.clone()
        for axis, shift in ((0, 1), (0, -1), (1, 1), (1, -1)):
            beside, has = _moved(before, axis, shift), _moved(known, axis, shift)
            take = has & ~there
            tokens, there = torch.where(take, beside, tokens), there | take
        known = there
    return tokens


def first_code(tokens: Tensor, lost: Tensor, codes: Tensor) -> Tensor:
    """Every lost token becomes index 0."""
    return tokens.masked_fill(lost, 0)


def _moved(x: Tensor, axis: int, shift: int) -> Tensor:
    """By one along an axis, zeros coming in."""
    moved = x.roll(shift, axis)
    edge = 0 if shift > 0 else x.shape[axis] - 1
    moved.select(axis, edge).zero_()
    return moved
