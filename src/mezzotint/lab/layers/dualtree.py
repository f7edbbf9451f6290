# SPDX-License-Identifier: Apache-2.0
"""One level of the 2-D dual-tree complex wavelet transform and back (Kingsbury 1998; Selesnick et al. 2005).

At the first level the two trees differ by one sample, so together they are the undecimated filters of one biorthogonal
pair (LeGall 5/3 here), and each 2x2 quad of a high band becomes two complex numbers, one an orientation. Six complex
bands at half resolution and a low band at full: four times redundant, six directions, nearly free of aliasing.
The trap is the border: what synthesis throws beyond it has to be folded back, as the picture was mirrored there before.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Low and high pass; low * low + high * high is a unit impulse.
ANALYSIS = torch.tensor([[-1.0, 2, 6, 2, -1], [0, -2, 4, -2, 0]]) / 8
SYNTHESIS = torch.tensor([[0.0, 2, 4, 2, 0], [-1, -2, 6, -2, -1]]) / 8
# A quad (0,0) (0,1) (1,0) (1,1) to real and imaginary part of one orientation, then of the other.
QUAD = 0.5**0.5 * torch.tensor([[1.0, 0, 0, -1], [0, 1, 1, 0], [1, 0, 0, 1], [0, 1, -1, 0]])


def dual_tree_split(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, 16, ceil(H / 2), ceil(W / 2)): a quad of the low band, then six bands' real, imaginary.

    The bands stand for edges at 15, 165, 45, 135, 75 and 105 degrees. An odd side repeats its last line.
    """
    x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate")
    b, c = x.shape[:2]
    for axis in (2, 3):
        second, first, last, before = border(x, axis, (1, 0, -1, -2))
        x = torch.cat((second, first, x, last, before), axis)
    return F.conv2d(x.flatten(0, 1)[:, None], filters(ANALYSIS).to(x.device), stride=2).unflatten(0, (b, c))


def dual_tree_merge(bands: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `dual_tree_split`: (B, C, height, width)."""
    b, c = bands.shape[:2]
    x = F.conv_transpose2d(bands.flatten(0, 1), filters(SYNTHESIS).to(bands.device), stride=2)
    for axis in (2, 3):
        size, others = x.shape[axis] - 4, (0, 0) * (3 - axis)
        start, end = border(x, axis, (1, 0)), border(x, axis, (-1, -2))
        x = x.narrow(axis, 2, size)
        x = x + F.pad(torch.cat(start, axis), (*others, 0, size - 2))
        x = x + F.pad(torch.cat(end, axis), (*others, size - 2, 0))
    return x.unflatten(0, (b, c))[:, :, 0, :height, :width]


def border(x: Tensor, axis: int, lines: tuple[int, ...]) -> list[Tensor]:
    """Single lines across ``axis``, counted from its end where negative."""
    return [x.narrow(axis, line if line >= 0 else x.shape[axis] + line, 1) for line in lines]


def filters(taps: Tensor) -> Tensor:
    """(16, 1, 6, 6) of the two one-dimensional filters (2, 5), at the four places of a quad and turned by `QUAD`."""
    placed = torch.stack((F.pad(taps, (0, 1)), F.pad(taps, (1, 0))), 1)  # (2, 2 offsets, 6)
    both = torch.einsum("vai,hbj->vhabij", placed, placed).flatten(2, 3)  # (2, 2, 4, 6, 6)
    high = (torch.einsum("pq,qij->pij", QUAD, both[v, h]) for v, h in ((1, 0), (1, 1), (0, 1)))
    return torch.cat((both[0, 0], *high))[:, None]
