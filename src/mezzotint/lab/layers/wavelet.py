# SPDX-License-Identifier: Apache-2.0
"""One level of the orthonormal 2x2 Haar wavelet (Mallat 1989) and back, for any height and width."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def haar_split(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 4, C, ceil(H / 2), ceil(W / 2)): LL, LH, HL, HH; an odd side repeats its last line."""
    x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate")
    a, b, c, d = x[:, :, ::2, ::2], x[:, :, ::2, 1::2], x[:, :, 1::2, ::2], x[:, :, 1::2, 1::2]
    bands = (a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d)
    return 0.5 * torch.stack(bands, 1)


def haar_merge(bands: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `haar_split`: (B, C, height, width)."""
    ll, lh, hl, hh = bands.unbind(1)
    cells = torch.stack(
        (ll + lh + hl + hh, ll - lh + hl - hh, ll + lh - hl - hh, ll - lh - hl + hh), 2
    )  # (B, C, 4, h, w)
    return F.pixel_shuffle(0.5 * cells.flatten(1, 2), 2)[:, :, :height, :width]
