# SPDX-License-Identifier: Apache-2.0
"""Weighted k-means: k-means++ seeding (Arthur and Vassilvitskii, SODA 2007), then Lloyd's steps until nothing moves.

It draws from its own generator, so that the same points always give the same centres.
"""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 1 << 14  # points whose distances are held at once


def nearest(points: Tensor, centres: Tensor) -> Tensor:
    """points (n, d), centres (k, d) -> (n,) int64, the row of the nearest centre; the first of equals."""
    squares = centres.square().sum(1)
    return torch.cat([(squares - 2 * (part @ centres.T)).argmin(1) for part in points.split(CHUNK)])


def means(points: Tensor, weights: Tensor, index: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Weighted means (size, d) of the points that ``index`` (n,) sends to each row, and the weights (size,) there.

    A row that gets no points is zero.
    """
    mass = weights.new_zeros(size).index_add(0, index, weights)
    total = points.new_zeros(size, points.shape[1]).index_add(0, index, points * weights[:, None])
    return total / mass.clamp_min(1e-12)[:, None], mass


def kmeans(points: Tensor, weights: Tensor, size: int, rounds: int = 100) -> Tensor:
    """points (n, d) with positive weights (n,) -> (size, d) centres, size <= n, after ``rounds`` steps at most."""
    centres = _seeds(points, weights, size)
    index = nearest(points, centres)
    for _ in range(rounds):
        moved, mass = means(points, weights, index, size)
        centres = torch.where(mass[:, None] > 0, moved, centres)
        previous, index = index, nearest(points, centres)
        if torch.equal(previous, index):
            break
    return centres


def _seeds(points: Tensor, weights: Tensor, size: int) -> Tensor:
    """Centres drawn one after the other, each in proportion to weight times squared distance to those before."""
    generator = torch.Generator().manual_seed(0)
    chance, chosen = weights, []
    distance = points.new_full((len(points),), torch.inf)
    for _ in range(size):
        if not bool(chance.sum() > 0):  # fewer different points than centres
            chance = weights
        chosen.append(int(torch.multinomial(chance.cpu().double(), 1, generator=generator)))
        distance = torch.minimum(distance, (points - points[chosen[-1]]).square().sum(1))
        chance = weights * distance
    return points[chosen].clone()
