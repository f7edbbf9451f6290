# SPDX-License-Identifier: Apache-2.0
"""Bits per pixel of each curve at a few round values of the metric: what equal quality costs, without any averaging.

Between two points the logarithm of the rate follows the same monotone cubic as in BD-rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.curves import Curve
from mezzotint.evaluate.report.contents import Level
from mezzotint.evaluate.report.entries import Entry

COUNT = 5
_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)


def levels(lines: Mapping[Entry, Curve], reference: Curve, least: float = -math.inf) -> tuple[Level, ...]:
    """At most COUNT round values from `least` on that the reference reaches, rising; none where it is no curve."""
    values = [value for _, value in reference.pairs()]
    if len(values) < 2:
        return ()
    low, high = max(min(values), least), max(values)
    ends = ((step, math.ceil(low / step), math.floor(high / step)) for step in _STEPS)
    step, first, last = next((found for found in ends if found[2] - found[1] < COUNT), (1, 0, -1))
    found = []
    for count in range(first, last + 1):
        bpp = {entry: rate for entry, curve in lines.items() if (rate := at(curve, count * step)) is not None}
        found.append(Level(round(count * step, 1), bpp))
    return tuple(found)


def at(curve: Curve, value: float) -> float | None:
    """Bits per pixel at a value of the metric; None outside the curve. MissingExtra without scipy."""
    try:
        from scipy.interpolate import PchipInterpolator
    except ImportError:
        raise MissingExtra("a report needs scipy", "pip install 'mezzotint[eval]'") from None
    pairs = sorted((quality, math.log(bpp)) for bpp, quality in curve.pairs())
    if len(pairs) < 2 or not pairs[0][0] <= value <= pairs[-1][0]:
        return None
    return math.exp(float(PchipInterpolator(*zip(*pairs, strict=True))(value)))
