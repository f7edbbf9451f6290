# SPDX-License-Identifier: Apache-2.0
"""The wavelet packet transform with the 9/7 filters, by lifting, and back: every band is split again, at every level.

"Factoring Wavelet Transforms into Lifting Steps" (Daubechies and Sweldens, 1998) gives the steps; the filters are
those of Cohen, Daubechies and Feauveau (1992), nearly orthonormal in the scaling used here. `packets` levels of
wavelets are followed by plain 2x2 phases for what is left of the block, so that the number says how much of the
reduction is wavelet. Borders are mirrored. The trap: a lifting step is undone exactly only up to float's rounding.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STEPS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
GAIN = 1.149604398860241  # of the low band; with it both bands keep the energy of noise, nearly


def split(x: Tensor) -> tuple[Tensor, Tensor]:
    """(..., 2n) -> low (..., n), high (..., n) along the last axis."""
    even, odd = x[..., ::2], x[..., 1::2]
    odd = odd + STEPS[0] * (even + _next(even))
    even = even + STEPS[1] * (odd + _before(odd))
    odd = odd + STEPS[2] * (even + _next(even))
    even = even + STEPS[3] * (odd + _before(odd))
    return even * GAIN, odd / GAIN


def merge(low: Tensor, high: Tensor) -> Tensor:
    """The inverse of `split`."""
    even, odd = low / GAIN, high * GAIN
    even = even - STEPS[3] * (odd + _before(odd))
    odd = odd - STEPS[2] * (even + _next(even))
    even = even - STEPS[1] * (odd + _before(odd))
    odd = odd - STEPS[0] * (even + _next(even))
    return torch.stack((even, odd), -1).flatten(-2)


def split_all(x: Tensor) -> Tensor:
    """One level of packets: (B, C, 2h, 2w) -> (B, 4C, h, w); LL, LH, HL, HH of each channel beside each other."""
    rows = [half.transpose(-1, -2) for half in split(x)]  # low and high across
    bands = [band.transpose(-1, -2) for half in rows for band in split(half)]
    return torch.stack((bands[0], bands[2], bands[1], bands[3]), 2).flatten(1, 2)


def merge_all(bands: Tensor) -> Tensor:
    """The inverse of `split_all`."""
    ll, lh, hl, hh = bands.unflatten(1, (-1, 4)).transpose(-1, -2).unbind(2)
    low, high = merge(ll, hl).transpose(-1, -2), merge(lh, hh).transpose(-1, -2)
    return merge(low, high)


def analyse(x: Tensor, levels: int, packets: int) -> Tensor:
    """(B, C, 2^levels h, 2^levels w) -> (B, 4^levels C, h, w), the first ``packets`` levels by wavelets."""
    for _ in range(packets):
        x = split_all(x)
    return F.pixel_unshuffle(x, 2 ** (levels - packets)) if levels > packets else x


def synthesise(bands: Tensor, levels: int, packets: int) -> Tensor:
    """The inverse of `analyse`."""
    x = F.pixel_shuffle(bands, 2 ** (levels - packets)) if levels > packets else bands
    for _ in range(packets):
        x = merge_all(x)
    return x


def _next(x: Tensor) -> Tensor:
    """The neighbour to the right; behind the last even sample the mirror shows itself."""
    return torch.cat((x[..., 1:], x[..., -1:]), -1)


def _before(x: Tensor) -> Tensor:
    return torch.cat((x[..., :1], x[..., :-1]), -1)
