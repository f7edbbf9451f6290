# SPDX-License-Identifier: Apache-2.0
"""RecConv: the same small depthwise kernel at several resolutions, summed from coarse to fine.

"RecConv: Efficient Recursive Convolutions for Multi-Frequency Representations" (2024), section 3. One strided
convolution, shared by all levels, makes the pyramid; on the way back each level is convolved, enlarged and added to the
next finer one. So k and l levels act like a kernel of k 2^l with l + 2 kernels of parameters and at most 5/3 of one
kernel's products. The trap: the strides tie the cells to a grid of 2^l, which tiles must keep.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "RecConv",
    "convolution",
    "RecConv: Efficient Recursive Convolutions for Multi-Frequency Representations",
    2024,
    "coarse levels are enlarged by repeating cells, where the paper interpolates",
)


@MIXERS.register("recconv", SOURCE)
class RecConv(nn.Module):
    """``recconv(kernel=5, levels=2)``: (B, C, H, W) -> (B, C, H, W).

    Level i has ceil(H / 2^i) x ceil(W / 2^i) cells. Reach is finite, see `reach_of`; windows of 2^levels.
    """

    def __init__(self, channels: int, kernel: int = 5, levels: int = 2) -> None:
        super().__init__()
        if not 1 <= levels <= 6:
            raise ValueError(f"recconv cannot halve {levels} times: choose levels from 1 to 6")
        self.down = depthwise(channels, kernel, stride=2, bias=False)
        self.finest = depthwise(channels, kernel, bias=False)
        self.coarse = nn.ModuleList(
            depthwise(channels, kernel, bias=False, centre=0.5) for _ in range(levels)
        )
        self.reach, self.aligned = reach_of(kernel, levels), 2**levels

    def forward(self, x: Tensor) -> Tensor:
        pyramid = [x]
        for _ in self.coarse:
            pyramid.append(self.down(pyramid[-1]))
        total = pyramid.pop()
        for conv in self.coarse:  # from the coarsest level to the second finest
            finer = pyramid.pop()
            enlarged = F.interpolate(conv(total), scale_factor=2.0, mode="nearest")
            total = finer + enlarged[:, :, : finer.shape[2], : finer.shape[3]]
        return self.finest(total)


def reach_of(kernel: int, levels: int) -> int:
    """The farthest cell that an output depends on, over the 2^levels places of a cell in its coarsest parent."""
    side, farthest = kernel // 2, 0
    for cell in range(2**levels):
        low, high = cell - side, cell + side  # what the finest convolution reads
        for _ in range(levels):
            low, high = low // 2 - side, high // 2 + side
        for _ in range(levels):
            low, high = 2 * low - side, 2 * high + side
        farthest = max(farthest, cell - low, high - cell)
    return farthest
