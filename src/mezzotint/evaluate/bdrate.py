# SPDX-License-Identifier: Apache-2.0
"""Bjontegaard's means of two rate-quality curves (VCEG-M33, 2001): in rate at equal quality, in quality at equal rate.

One axis is interpolated over the other by a monotone piecewise cubic (pchip, as in JCT-VC since 2013; the cubic fit of
2001 overshoots) and averaged over the range that both curves cover. Rates enter by their logarithm. Papers on learned
codecs state the same numbers to 0.1 points where their curves are published; the fit of 2001 is up to 1 point away.

Traps: curves that hardly overlap give a number that says little; and MS-SSIM weighs its upper end more in decibels,
-10 log10(1 - x), than as it is, so say which was taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import MissingExtra, UsageError

Curve = Sequence[tuple[float, float]]  # (rate, quality), in any order
_Points = NDArray[np.float64]  # (n, 2): logarithm of the rate, and quality


def bd_rate(anchor: Curve, candidate: Curve) -> float:
    """Percent of rate that `candidate` spends more than `anchor` at equal quality; negative is better.

    UsageError where a curve has fewer than two points, a rate that is not positive, or a quality twice or not finite,
    and where the curves share no range of quality. MissingExtra without scipy.
    """
    first, second = (
        _points(curve)[:, ::-1] for curve in (anchor, candidate)
    )  # quality, and logarithm of the rate
    return 100 * math.expm1(_mean_difference(first, second, "quality"))


def bd_quality(anchor: Curve, candidate: Curve) -> float:
    """How much better `candidate` is than `anchor` at equal rate, in the unit of the quality; positive is better.

    BD-PSNR in dB if the quality is PSNR. Errors as in `bd_rate`, with the parts of rate and quality exchanged.
    """
    return _mean_difference(_points(anchor), _points(candidate), "rate")


def _points(curve: Curve) -> _Points:
    points = np.array([(rate, quality) for rate, quality in curve], np.float64).reshape(-1, 2)
    if len(points) < 2 or not np.isfinite(points).all() or (points[:, 0] <= 0).any():
        raise UsageError(
            "a curve needs at least two points of positive rate and finite quality", "leave out lossless ones"
        )
    points[:, 0] = np.log(points[:, 0])
    return points


def _mean_difference(anchor: _Points, candidate: _Points, axis: str) -> float:
    """The second column of `candidate` minus that of `anchor`, averaged over the range of the first, called `axis`."""
    try:
        from scipy.interpolate import PchipInterpolator
    except ImportError:
        raise MissingExtra("BD-rate needs scipy", "pip install 'mezzotint[eval]'") from None

    curves = [points[np.argsort(points[:, 0])] for points in (anchor, candidate)]
    if any((np.diff(points[:, 0]) <= 0).any() for points in curves):
        raise UsageError(f"a curve has two points of one {axis}", "leave out one of them")
    low = max(float(points[0, 0]) for points in curves)
    high = min(float(points[-1, 0]) for points in curves)
    if not low < high:
        raise UsageError(f"the two curves share no range of {axis}", "measure at qualities that overlap")
    means = [
        float(PchipInterpolator(points[:, 0], points[:, 1]).integrate(low, high)) / (high - low)
        for points in curves
    ]
    return means[1] - means[0]
