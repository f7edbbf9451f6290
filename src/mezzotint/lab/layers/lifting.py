# SPDX-License-Identifier: Apache-2.0
"""Reversible transforms of whole numbers: the colours YCoCg-R, and the 5/3 wavelet, each a chain of lifting steps.

"YCoCg-R: A Color Space with RGB Reversibility and Low Dynamic Range" (Malvar and Sullivan, JVT-I014r3, 2003) and the
reversible filter of JPEG 2000 (Le Gall and Tabatabai, ICASSP 1988; lifted by Calderbank et al., 1998). A step adds to
one half a rounded function of the other half, so that subtracting it undoes it whatever the rounding. The trap: the
division must round towards minus infinity on both sides, which a shift of a signed integer does.
"""

from __future__ import annotations

import torch
from torch import Tensor


def to_ycocg(rgb: Tensor) -> Tensor:
    """(B, 3, H, W) whole numbers in 0..255 -> Y in 0..255, Co and Cg in -255..255, int32."""
    red, green, blue = rgb.to(torch.int32).unbind(1)
    co = red - blue
    t = blue + (co >> 1)
    cg = green - t
    return torch.stack((t + (cg >> 1), co, cg), 1)


def from_ycocg(planes: Tensor) -> Tensor:
    """The inverse of `to_ycocg`, int32."""
    y, co, cg = planes.unbind(1)
    t = y - (cg >> 1)
    green = cg + t
    blue = t - (co >> 1)
    return torch.stack((blue + co, green, blue), 1)


def split(x: Tensor) -> tuple[Tensor, Tensor]:
    """int32 (..., 2n) -> low (..., n) and high (..., n) along the last axis."""
    even, odd = x[..., ::2], x[..., 1::2]
    high = odd - ((even + _next(even)) >> 1)
    low = even + ((_before(high) + high + 2) >> 2)
    return low, high


def merge(low: Tensor, high: Tensor) -> Tensor:
    """The inverse of `split`."""
    even = low - ((_before(high) + high + 2) >> 2)
    odd = high + ((even + _next(even)) >> 1)
    return torch.stack((even, odd), -1).flatten(-2)


def split_map(x: Tensor) -> tuple[Tensor, Tensor]:
    """int32 (B, C, 2h, 2w) -> low band (B, C, h, w) and the bands LH, HL, HH in this order, (B, 3, C, h, w)."""
    low, high = split(x)
    bands = [band.transpose(-1, -2) for half in (low, high) for band in split(half.transpose(-1, -2))]
    return bands[0], torch.stack(bands[1:], 1)


def merge_map(low: Tensor, rest: Tensor) -> Tensor:
    """The inverse of `split_map`."""
    lh, hl, hh = (band.transpose(-1, -2) for band in rest.unbind(1))
    left = merge(low.transpose(-1, -2), lh).transpose(-1, -2)
    return merge(left, merge(hl, hh).transpose(-1, -2))


def _next(x: Tensor) -> Tensor:
    """The neighbour to the right; the last one is mirrored onto itself."""
    return torch.cat((x[..., 1:], x[..., -1:]), -1)


def _before(x: Tensor) -> Tensor:
    return torch.cat((x[..., :1], x[..., :-1]), -1)
