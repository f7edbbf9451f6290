# SPDX-License-Identifier: Apache-2.0
"""How far two pictures are apart, in four numbers.

Where a pixel is transparent its colour is not seen. So pictures with transparency are laid over black and over white,
and the worse number counts; only the largest error looks at the samples as they are stored, alpha included.

Trap: MS-SSIM and SSIMULACRA2 are defined at 8 bits; of deep pictures they see the upper 8 bits, PSNR sees all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.evaluate import metrics
from mezzotint.evaluate.sidebyside.samples import Pair, Plane, Samples, at_eight_bits

_BAND = 256  # rows at a time, so that the numbers of a large picture need little memory


@dataclass(frozen=True)
class Apart:
    psnr: float  # dB over all RGB samples; infinite for equal ones
    ms_ssim: float | None  # 0..1; None for pictures too small to have it
    ssimulacra2: float | None  # up to 100, A taken as the original; None likewise
    max_error: int  # in steps of a sample at `bit_depth`
    bit_depth: int  # 8..16, at which PSNR and the largest error are taken


def apart(pair: Pair) -> Apart:
    """All numbers of a pair."""
    small = at_eight_bits(pair)
    seen = list(_opaque(small))
    deep = seen if pair is small else _opaque(pair)
    return Apart(
        psnr=min(_psnr(one, other, pair.most) for one, other in deep),
        ms_ssim=_worst([metrics.ms_ssim(one, other) for one, other in seen]),
        ssimulacra2=_worst([metrics.ssimulacra2(one, other) for one, other in seen]),
        max_error=_max_error(pair),
        bit_depth=pair.bit_depth,
    )


def _worst(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return min(known, default=None)


def _opaque(pair: Pair) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The pair as it is seen, (H, W, 3): once, or over black and over white. (The type is right at 8 bits.)"""
    for ground in (0, pair.most) if pair.transparent else (0,):
        yield _laid(pair.one, ground, pair.most), _laid(pair.other, ground, pair.most)  # type: ignore[misc]


def _laid(samples: Samples, ground: int, most: int) -> Plane:
    """The picture over a grey ground."""
    if samples.alpha is None:
        return samples.colour
    out = np.empty_like(samples.colour)
    for top in range(0, len(out), _BAND):
        rows = slice(top, top + _BAND)
        alpha = samples.alpha[rows, :, None].astype(np.uint32)
        mixed = samples.colour[rows] * alpha + np.uint32(ground) * (np.uint32(most) - alpha)
        out[rows] = (mixed + np.uint32(most // 2)) // np.uint32(most)
    return out


def _psnr(one: Plane, other: Plane, most: int) -> float:
    """As `metrics.psnr`, with samples of any depth."""
    total = 0
    for top in range(0, len(one), _BAND):
        difference = one[top : top + _BAND].astype(np.int64) - other[top : top + _BAND]
        total += int(np.square(difference).sum())
    return 10 * math.log10(most**2 * one.size / total) if total else metrics.IDENTICAL


def _max_error(pair: Pair) -> int:
    one, other = pair.one, pair.other
    worst = _largest(one.colour, other.colour)
    if one.alpha is None and other.alpha is None:
        return worst
    opaque = np.full(one.colour.shape[:2], pair.most, one.colour.dtype)
    alphas = (opaque if side.alpha is None else side.alpha for side in (one, other))
    return max(worst, _largest(*alphas))


def _largest(one: Plane, other: Plane) -> int:
    bands = (slice(top, top + _BAND) for top in range(0, len(one), _BAND))
    return max(
        int((np.maximum(one[rows], other[rows]) - np.minimum(one[rows], other[rows])).max()) for rows in bands
    )
