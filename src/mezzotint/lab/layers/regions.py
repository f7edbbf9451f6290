# SPDX-License-Identifier: Apache-2.0
"""Maps of regions: whole numbers 0..R-1 in a raster of any size, one a cell, and the means of features over them.

A map need not have the size of the features: it is read at the nearest cell, so a map of 4 x 4 numbers is a grid over
a picture of any size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

GRID = 4  # cells a side, where nothing is known of a picture


def grid_map(side: int = GRID) -> Tensor:
    """(1, side, side) int64: every cell a region."""
    return torch.arange(side * side).view(1, side, side)


def resized(regions: Tensor, height: int, width: int) -> Tensor:
    """(B, h, w) -> (B, height, width), each cell the number that stands at its place."""
    rows = torch.arange(height, device=regions.device) * regions.shape[1] // height
    columns = torch.arange(width, device=regions.device) * regions.shape[2] // width
    return regions[:, rows[:, None], columns]


def prototypes(x: Tensor, regions: Tensor) -> Tensor:
    """x (B, C, H, W), regions (B or 1, h, w) -> (B, C, H, W): in each cell the mean of x over the cell's region."""
    height, width = x.shape[2:]
    members = F.one_hot(resized(regions, height, width).flatten(1)).transpose(1, 2).to(x.dtype)  # (., R, H W)
    members = members.expand(len(x), -1, -1)
    means = members @ x.flatten(2).transpose(1, 2) / members.sum(2, keepdim=True).clamp_min(1)  # (B, R, C)
    return (means.transpose(1, 2) @ members).unflatten(2, (height, width))
