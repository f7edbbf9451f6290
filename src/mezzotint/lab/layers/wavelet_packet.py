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


def split(x: Tensor, axis: int = -1) -> tuple[Tensor, Tensor]:
    """(..., 2n, ...) -> low and high, (..., n, ...), along the last axis or the one before it."""
    even, odd = x.unflatten(axis, (-1, 2)).unbind(axis)
    odd = _lift(odd, even, STEPS[0], axis, ahead=True)
    even = _lift(even, odd, STEPS[1], axis, ahead=False)
    odd = _lift(odd, even, STEPS[2], axis, ahead=True)
    even = _lift(even, odd, STEPS[3], axis, ahead=False)
    return even * GAIN, odd / GAIN


def merge(low: Tensor, high: Tensor, axis: int = -1) -> Tensor:
    """The inverse of `split`."""
    even, odd = low / GAIN, high * GAIN
    even = _lift(even, odd, -STEPS[3], axis, ahead=False)
    odd = _lift(odd, even, -STEPS[2], axis, ahead=True)
    even = _lift(even, odd, -STEPS[1], axis, ahead=False)
    odd = _lift(odd, even, -STEPS[0], axis, ahead=True)
    return torch.stack((even, odd), axis).flatten(axis - 1, axis)


def split_all(x: Tensor) -> Tensor:
    """One level of packets: (B, C, 2h, 2w) -> (B, 4C, h, w); LL, LH, HL, HH of each channel beside each other."""
    low, high = split(x, -1)  # across
    (ll, hl), (lh, hh) = split(low, -2), split(high, -2)
    return torch.stack((ll, lh, hl, hh), 2).flatten(1, 2)


def merge_all(bands: Tensor) -> Tensor:
    """The inverse of `split_all`."""
    ll, lh, hl, hh = bands.unflatten(1, (-1, 4)).unbind(2)
    return merge(merge(ll, hl, -2), merge(lh, hh, -2), -1)


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


def _lift(x: Tensor, other: Tensor, gain: float, axis: int, ahead: bool) -> Tensor:
    """x + gain (other + its neighbour, the next one if ``ahead``); at the border the mirror shows ``other`` itself."""
    last = other.shape[axis] - 1
    parts = (
        (other.narrow(axis, 1, last), other.narrow(axis, last, 1))
        if ahead
        else (other.narrow(axis, 0, 1), other.narrow(axis, 0, last))
    )
    return x.add(other, alpha=gain).add(torch.cat(parts, axis), alpha=gain)
