# SPDX-License-Identifier: Apache-2.0
"""FNet: the real part of a Fourier transform over tokens and channels, and not one parameter.

"FNet: Mixing Tokens with Fourier Transforms", NAACL 2022, equation 3. Tokens stand in raster order, as in the
paper's sequences; two products with small Fourier matrices and a twiddle make their long transform. The trap: the
paper's transform multiplies energy by tokens times channels; ours is orthonormal, as the block has no norm behind it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.monarch import product, times, turns
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source("FNet", "fourier", "FNet: Mixing Tokens with Fourier Transforms", 2022)


@MIXERS.register("fnet", SOURCE)
class FNet(nn.Module):
    """``fnet`` on (B, C, H, W); N = H W tokens. Reach: the whole picture and all channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reach, self.aligned = None, 1
        self.channels = channels

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        c, rows, columns = (torch.arange(n, device=x.device) for n in (self.channels, h, w))
        over_channels, over_rows = turns(c, c, self.channels), turns(rows, rows, h)
        over_columns = turns(columns, columns, w)
        flat = x.flatten(2) * (self.channels * h * w) ** -0.5
        z = over_channels[0] @ flat, over_channels[1] @ flat  # (B, C, N)
        z = z[0].unflatten(2, (h, w)), z[1].unflatten(2, (h, w))
        z = times(product(over_rows, z), turns(rows, columns, h * w))  # (B, C, k1, W)
        real = z[0] @ over_columns[0] - z[1] @ over_columns[1]  # (B, C, k1, k2), token k1 + H k2
        return real.transpose(2, 3).reshape(x.shape)
