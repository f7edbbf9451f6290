# SPDX-License-Identifier: Apache-2.0
"""BD-rate (Bjontegaard, VCEG-M33, 2001): the mean difference in rate of two codecs at equal quality, in percent.

The logarithm of the rate is interpolated over quality by a monotone piecewise cubic (pchip, as in JCT-VC since
2013; the cubic fit of 2001 overshoots) and averaged over the range of quality that both curves cover. The trap
is that range: curves that hardly overlap give a number that says little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import MissingExtra, UsageError

Curve = Sequence[tuple[float, float]]  # (rate, quality), in any order


def bd_rate(anchor: Curve, candidate: Curve) -> float:
    """Percent of rate that `candidate` spends more than `anchor` at equal quality; negative is better."""
    try:
        from scipy.interpolate import PchipInterpolator
    except ImportError:
        raise MissingExtra("BD-rate needs scipy", "pip install 'mezzotint[eval]'") from None

    curves = [_sorted(anchor), _sorted(candidate)]
    low = max(quality[0] for _, quality in curves)
    high = min(quality[-1] for _, quality in curves)
    if not low < high:
        raise UsageError("the two curves share no range of quality", "measure at qualities that overlap")
    means = [
        float(PchipInterpolator(quality, np.log(rate)).integrate(low, high)) / (high - low)
        for rate, quality in curves
    ]
    return 100 * math.expm1(means[1] - means[0])


def _sorted(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.array(sorted(curve, key=lambda point: point[1]), np.float64).reshape(-1, 2)
    rate, quality = points[:, 0], points[:, 1]
    if len(points) < 2 or not np.isfinite(points).all() or (rate <= 0).any() or (np.diff(quality) <= 0).any():
        raise UsageError(
            "a curve needs at least two points of positive rate and different, finite quality",
            "leave out equal points and lossless ones",
        )
    return rate, quality
