# SPDX-License-Identifier: Apache-2.0
"""Two curves -> the mean difference between them, the share of the anchor that it speaks for, or why there is none.

The trap of BD numbers is the range: they are means over what both curves cover, so each one comes with the share of the
anchor's range that this is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from mezzotint.errors import MezzotintError, MissingExtra
from mezzotint.evaluate.bdrate import Curve as Pairs
from mezzotint.evaluate.bdrate import bd_quality, bd_rate
from mezzotint.evaluate.curves import Curve

THIN = 0.5  # of the anchor's range: below this a number is marked


@dataclass(frozen=True)
class Difference:
    """A candidate against an anchor."""

    value: float | None  # percent of rate, or points of quality
    share: float = 0.0  # of the anchor's range of quality, or of its logarithmic range of rate, 0..1
    reason: str = ""  # why there is no value

    @property
    def thin(self) -> bool:
        """Whether there is a value that says little."""
        return self.value is not None and self.share < THIN


@dataclass(frozen=True)
class Comparison:
    """A candidate's whole curve against an anchor's."""

    rate: Difference  # BD-rate, percent at equal quality
    quality: Difference  # BD-PSNR and its like, the metric's unit at equal rate


def compare(anchor: Curve | None, candidate: Curve | None, unit: str, least: float = -math.inf) -> Comparison:
    """Both differences; `unit` is that of the quality. None is a curve that this metric does not have.

    Nothing below the quality `least` counts: a mean over pictures that nobody would keep says nothing.
    """
    return Comparison(rate(anchor, candidate, unit, least), quality(anchor, candidate, least))


def rate(anchor: Curve | None, candidate: Curve | None, unit: str, least: float = -math.inf) -> Difference:
    """BD-rate in percent, over the shared range of quality from `least` on."""
    return _difference(
        bd_rate, anchor, candidate, lambda pair: pair[1], lambda value: f"{value:.1f}", unit, least
    )


def quality(anchor: Curve | None, candidate: Curve | None, least: float = -math.inf) -> Difference:
    """BD-PSNR or its like, over the shared range of the logarithm of the rate where both are of quality `least`."""
    return _difference(
        bd_quality,
        anchor,
        candidate,
        lambda pair: math.log(pair[0]),
        lambda value: f"{math.exp(value):.2g}",
        "bpp",
        least,
    )


def above(curve: Curve, least: float) -> list[tuple[float, float]]:
    """The (bpp, quality) pairs of a curve from `least` on; it begins exactly there if it comes from below."""
    pairs = curve.pairs()
    for (bpp, value), (next_bpp, next_value) in pairwise(pairs):
        if value < least < next_value:
            part = (least - value) / (next_value - value)  # of the logarithm of the rate
            start = (math.exp((1 - part) * math.log(bpp) + part * math.log(next_bpp)), least)
            return [start, *(pair for pair in pairs if pair[1] > least)]
    return [pair for pair in pairs if pair[1] >= least]


def _difference(
    formula: Callable[[Pairs, Pairs], float],
    anchor: Curve | None,
    candidate: Curve | None,
    axis: Callable[[tuple[float, float]], float],
    show: Callable[[float], str],
    unit: str,
    least: float,
) -> Difference:
    if anchor is None or candidate is None:
        return Difference(None, reason="not measured")
    pairs = above(anchor, least), above(candidate, least)
    if min(map(len, pairs)) < 2:
        return Difference(None, reason="one quality is no curve")
    (low, high), (low_2, high_2) = (
        (min(ends), max(ends)) for ends in (list(map(axis, curve)) for curve in pairs)
    )
    shared = min(high, high_2) - max(low, low_2)
    if shared <= 0:
        ranges = [f"{show(ends[0])}..{show(ends[1])}" for ends in ((low_2, high_2), (low, high))]
        return Difference(None, reason=f"no overlap, {ranges[0]} against {ranges[1]} {unit}")
    try:
        value = formula(*pairs)
    except MissingExtra:
        raise
    except MezzotintError as error:
        return Difference(None, reason=error.what)
    return (
        Difference(value, shared / (high - low))
        if math.isfinite(value)
        else Difference(None, reason="no number")
    )
