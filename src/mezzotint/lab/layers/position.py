# SPDX-License-Identifier: Apache-2.0
"""Relative position bias: one learned number a head and an offset between two tokens (Swin, ICCV 2021, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def offsets(rows: int, columns: int) -> Tensor:
    """(N, N, 2) integer (row, column) offsets of every query from every key of a window, N = rows * columns."""
    place = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), -1).reshape(
        -1, 2
    )
    return place[:, None] - place[None]


class RelativeBias(nn.Module):
    """() -> (1, heads, N, N), to be added to attention scores."""

    def __init__(self, rows: int, columns: int, heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn((2 * rows - 1) * (2 * columns - 1), heads))
        shifted = offsets(rows, columns) + torch.tensor([rows - 1, columns - 1])
        self.register_buffer("index", shifted[..., 0] * (2 * columns - 1) + shifted[..., 1], persistent=False)

    def forward(self) -> Tensor:
        return self.table[self.index].permute(2, 0, 1)[None]
