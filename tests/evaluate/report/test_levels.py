# SPDX-License-Identifier: Apache-2.0
"""Rates at round values of the metric."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.curves import Curve, Point
from mezzotint.evaluate.report.entries import published
from mezzotint.evaluate.report.levels import COUNT, at, levels

ONE, OTHER = (published(name, name, "", "") for name in "ab")


def line(first: float, last: float, factor: float = 1.0) -> Curve:
    """log2(bpp) = value / 10."""
    values = [first + (last - first) * step / 4 for step in range(5)]
    return Curve(tuple(Point(v, factor * 2 ** (v / 10), v, v) for v in values))


def test_a_rate_between_points_and_none_outside() -> None:
    assert at(line(21, 39), 30) == pytest.approx(8)
    assert at(line(21, 39), 21) == pytest.approx(2**2.1)
    assert at(line(21, 39), 20.9) is None
    assert at(line(21, 39), 39.1) is None
    assert at(Curve(line(21, 39).points[:1]), 21) is None


@pytest.mark.parametrize(
    ("first", "last", "values"),
    [
        (24.1, 38.8, [27, 30, 33, 36]),
        (7.2, 17.6, [8, 10, 12, 14, 16]),
        (-55.0, 82.5, [-50, 0, 50]),
        (0.0, 50.0, [0, 20, 40]),
        (29.9, 30.1, [29.9, 30.0, 30.1]),
        (30.0, 30.01, [30.0]),
    ],
)
def test_round_values_within_reach(first: float, last: float, values: list[float]) -> None:
    found = levels({ONE: line(first, last)}, line(first, last))
    assert len(found) <= COUNT
    assert [level.value for level in found] == values


def test_only_the_curves_that_reach_a_level() -> None:
    found = levels({ONE: line(20, 40), OTHER: line(29, 40, 2.0)}, line(20, 40))
    reached = {level.value: set(level.bpp) for level in found}
    assert reached == {20: {ONE}, 25: {ONE}, 30: {ONE, OTHER}, 35: {ONE, OTHER}, 40: {ONE, OTHER}}
    assert found[2].bpp[OTHER] == pytest.approx(2 * found[2].bpp[ONE])


def test_values_that_are_of_no_use_are_no_levels() -> None:
    found = levels({ONE: line(-55, 82.5)}, line(-55, 82.5), least=0)
    assert [level.value for level in found] == [0, 20, 40, 60, 80]


def test_a_single_point_has_no_levels() -> None:
    assert levels({ONE: line(20, 40)}, Curve(line(20, 40).points[:1])) == ()
