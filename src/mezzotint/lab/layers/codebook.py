# SPDX-License-Identifier: Apache-2.0
"""A codebook that follows its vectors by moving averages: no gradient, no learning rate.

"Neural Discrete Representation Learning" (NeurIPS 2017), appendix A.1. It starts on clusters of the first vectors it
sees, and a code that few have chosen for long starts again on a vector of the batch. The trap: it learns in the forward
pass, so a trainer that skips a non-finite step would keep the damage; such a batch is left out here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.kmeans import kmeans, means, nearest

FIRST, ROUNDS = 16, 10  # vectors a code, and k-means steps, that a codebook begins with
DEAD = 0.02  # of a fair share of the vectors: a code that gets less starts again


def to_rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B H W, C)."""
    return x.permute(0, 2, 3, 1).flatten(0, 2)


def to_planes(rows: Tensor, like: Tensor) -> Tensor:
    """The inverse of `to_rows`; ``like`` (B, any, H, W) gives the sizes."""
    return rows.unflatten(0, (like.shape[0], *like.shape[2:])).permute(0, 3, 1, 2)


class Codebook(nn.Module):
    """``codes`` vectors (codes, width) and how many vectors follow each, (codes,), as a moving average."""

    vectors: Tensor
    counts: Tensor
    started: Tensor

    def __init__(self, codes: int, width: int, decay: float = 0.99) -> None:
        super().__init__()
        if codes < 1 or not 0 <= decay < 1:
            raise ValueError(f"{codes} codes with decay={decay}: choose at least 1 code, and 0 <= decay < 1")
        self.decay = decay
        self.register_buffer("vectors", torch.randn(codes, width))
        self.register_buffer("counts", torch.ones(codes))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))

    def nearest(self, rows: Tensor) -> Tensor:
        """(n, width) -> (n,) int64."""
        return nearest(rows.detach(), self.vectors)

    @torch.no_grad()
    def start(self, rows: Tensor) -> None:
        """Begin on clusters of the vectors (n, width), if it has not begun; where they are too few, near them."""
        if bool(self.started) or len(rows) == 0 or not bool(torch.isfinite(rows).all()):
            return
        codes = len(self.vectors)
        self.counts.fill_(len(rows) / codes)
        if len(rows) < codes:
            self.vectors.copy_(_draw(rows, codes))
        else:
            rows = _draw(rows, min(len(rows), FIRST * codes))
            self.vectors.copy_(kmeans(rows, rows.new_ones(len(rows)), codes, ROUNDS))
        self.started.fill_(True)

    @torch.no_grad()
    def follow(self, rows: Tensor, index: Tensor) -> None:
        """Move codes towards the means of the vectors (n, width) that chose them, and revive the dead."""
        if len(rows) == 0 or not bool(torch.isfinite(rows).all()):
            return
        mean, mass = means(rows, rows.new_ones(len(rows)), index, len(self.vectors))
        new = (1 - self.decay) * mass
        counts = self.decay * self.counts + new
        # A step of the fraction new / counts towards the mean; codes that nothing chose stay where they are.
        self.vectors += (new / counts.clamp_min(1e-12))[:, None] * (mean - self.vectors)
        self.counts.copy_(counts)
        fair = counts.mean()
        dead = counts < DEAD * fair
        if bool(dead.any()):
            self.vectors[dead] = _draw(rows, int(dead.sum()))
            self.counts[dead] = fair

    @torch.no_grad()
    def recluster(self, size: int) -> Codebook:
        """A codebook of ``size`` centres of these codes by k-means, each code weighted by its use."""
        if not 1 <= size <= len(self.vectors):
            raise ValueError(
                f"{len(self.vectors)} codes cannot be clustered to {size}: choose 1 to {len(self.vectors)}"
            )
        if not bool(self.started):
            raise ValueError("the codebook has seen no latent: train it or load a checkpoint first")
        small = Codebook(size, self.vectors.shape[1], self.decay).to(self.vectors.device)
        weights = self.counts + 1e-6 * self.counts.mean()  # an unused code still has its place
        small.vectors.copy_(kmeans(self.vectors, weights, size))
        index = nearest(self.vectors, small.vectors)
        small.counts.zero_().index_add_(0, index, self.counts)
        small.started.fill_(True)
        return small


def _draw(rows: Tensor, count: int) -> Tensor:
    """(n, d) -> (count, d), rows at random; where they must repeat, a hundredth of their spread tells them apart."""
    order = torch.randperm(len(rows), device=rows.device)
    chosen = rows[order[torch.arange(count, device=rows.device) % len(rows)]]
    if count <= len(rows):
        return chosen
    return chosen + 0.01 * rows.std(correction=0) * torch.randn_like(chosen)
