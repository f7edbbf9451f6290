# SPDX-License-Identifier: Apache-2.0
"""Average pooling to a fixed number of cells, for any height and width, as two products, which every exporter knows.

The cells are those of torch's adaptive pooling: cell i of n covers floor(i L / n) to ceil((i + 1) L / n), so a map that
is smaller than the result repeats itself.
"""

from __future__ import annotations

import torch
from torch import Tensor


def averaging(length: int, cells: int) -> Tensor:
    """(cells, length); every row averages one cell."""
    i, place = torch.arange(cells)[:, None], torch.arange(length)[None]
    # place >= floor(i L / n) and place < ceil((i + 1) L / n), without a division: exported ones round otherwise
    inside = (((place + 1) * cells > i * length) & (place * cells < (i + 1) * length)).float()
    return inside / inside.sum(1, keepdim=True)


def pool_to(x: Tensor, rows: int, columns: int) -> Tensor:
    """(B, C, H, W) -> (B, C, rows, columns), the mean of every cell."""
    down = averaging(x.shape[2], rows).to(x)
    across = averaging(x.shape[3], columns).to(x)
    return down @ (x @ across.T)
