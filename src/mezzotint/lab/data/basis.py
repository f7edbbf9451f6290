# SPDX-License-Identifier: Apache-2.0
"""The initial block transform: the M coefficients of the 16x16 luma-chroma DCT that vary most over the photos."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.patch import dct_basis


@torch.no_grad()
def strongest_rows(
    photos: list[Tensor], count: int, crops: int = 256, size: int = 256
) -> tuple[Tensor, Tensor]:
    """(rows (count, 768), spread (count,)): basis rows by falling variance, which puts low frequencies first."""
    basis = dct_basis(16)
    source = Crops(photos, size, 16, seed=-1)
    moment = torch.zeros(len(basis))
    batches = crops // 16
    for step in range(batches):
        x = F.pixel_unshuffle(source.at(step).cpu(), 16)
        moment += F.conv2d(x, basis[:, :, None, None]).square().mean((0, 2, 3)) / batches
    order = moment.argsort(descending=True)[:count]
    return basis[order], moment[order].sqrt()
