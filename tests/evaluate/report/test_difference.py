# SPDX-License-Identifier: Apache-2.0
"""Differences between two curves, what they are over, and why there is none."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.curves import Curve, Point
from mezzotint.evaluate.report.difference import above, compare, quality, rate


def curve(*pairs: tuple[float, float]) -> Curve:
    return Curve(tuple(Point(number, bpp, value, value) for number, (bpp, value) in enumerate(pairs)))


def line(first: float, last: float, factor: float = 1.0, count: int = 6) -> Curve:
    """log2(bpp) = value / 10, from one value to another."""
    steps = [first + (last - first) * step / (count - 1) for step in range(count)]
    return curve(*((factor * 2 ** (value / 10), value) for value in steps))


def test_a_constant_factor_and_the_share_it_is_over() -> None:
    found = compare(line(0, 40), line(10, 50, 0.5), "dB")
    assert found.rate.value == pytest.approx(-50)
    assert found.rate.share == pytest.approx(0.75)
    assert found.quality.value == pytest.approx(10)
    assert found.quality.share == pytest.approx(1.0)  # half the rate shifts 10..50 to where the anchor lies


def test_a_small_share_is_marked() -> None:
    assert not rate(line(0, 40), line(20, 90), "dB").thin
    assert rate(line(0, 40), line(21, 90), "dB").thin
    assert not rate(line(21, 60), line(0, 60), "dB").thin


@pytest.mark.parametrize(
    ("anchor", "candidate", "reason"),
    [
        (line(0, 40), line(41, 60), "no overlap, 41.0..60.0 against 0.0..40.0 dB"),
        (line(0, 40), line(40, 60), "no overlap, 40.0..60.0 against 0.0..40.0 dB"),
        (curve((1, 30)), line(0, 40), "one quality is no curve"),
        (line(0, 40), curve((1, 30), (2, 30)), "one quality is no curve"),
        (None, line(0, 40), "not measured"),
        (line(0, 40), None, "not measured"),
    ],
)
def test_why_there_is_none(anchor: Curve | None, candidate: Curve | None, reason: str) -> None:
    found = rate(anchor, candidate, "dB")
    assert (found.value, found.reason, found.thin) == (None, reason, False)


def test_no_overlap_in_rate() -> None:
    found = quality(line(0, 10), line(0, 10, 100.0))
    assert found.value is None
    assert found.reason == "no overlap, 1e+02..2e+02 against 1..2 bpp"


def test_a_number_that_is_none() -> None:
    found = rate(curve((1e-300, 0), (1e300, 1)), curve((1e300, 0), (1e300, 1), (1e301, 2)), "dB")
    assert found.value is None or math.isfinite(found.value)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.interpolate", None)
    with pytest.raises(MissingExtra, match=r"mezzotint\[eval\]"):
        rate(line(0, 40), line(10, 50), "dB")


def test_nothing_below_the_least_quality_counts():
    """Scores below 0 once made half of the mean over SSIMULACRA2."""
    anchor = line(-40, 80)
    candidate = Curve(
        tuple(replace(p, bpp=p.bpp * (0.1 if p.value < 0 else 1.0)) for p in line(-40, 80).points)
    )
    assert compare(anchor, candidate, "points").rate.value < -20
    assert abs(compare(anchor, candidate, "points", least=8).rate.value) < 1e-6
    cut = above(anchor, 0.0)
    assert cut[0][1] == 0.0 and all(value >= 0 for _, value in cut)
    assert above(anchor, -math.inf) == anchor.pairs()
