# SPDX-License-Identifier: Apache-2.0
"""BD-rate and BD-quality on curves whose answer is known, and on published ones whose answer papers state."""

import sys

import pytest

from mezzotint.errors import MissingExtra, UsageError
from mezzotint.evaluate import published
from mezzotint.evaluate.bdrate import bd_quality, bd_rate

CURVE = [(0.1, 28.0), (0.25, 31.0), (0.6, 34.5), (1.2, 38.0), (2.0, 41.0)]


def scaled(factor: float) -> list[tuple[float, float]]:
    return [(rate * factor, quality) for rate, quality in CURVE]


@pytest.fixture(autouse=True)
def _scipy(request: pytest.FixtureRequest) -> None:
    if "without" not in request.node.name:
        pytest.importorskip("scipy")


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.3])
def test_a_constant_factor_is_found(factor: float) -> None:
    assert bd_rate(CURVE, scaled(factor)) == pytest.approx(100 * (factor - 1), abs=1e-9)
    assert bd_rate(CURVE, scaled(factor)[::-1]) == pytest.approx(100 * (factor - 1), abs=1e-9)


def test_only_the_shared_range_counts() -> None:
    part = scaled(0.7)[1:4]
    outside = [(0.1, 20.0), *part, (9.0, 50.0)]
    assert bd_rate(CURVE[1:4], outside) == pytest.approx(-30, abs=3)


def test_straight_lines_in_the_logarithm() -> None:
    """log rate = q/10 against log rate = q/10 + 0.2 on other points: pchip keeps lines straight."""
    anchor = [(2.718281828459045 ** (quality / 10), float(quality)) for quality in (30, 34, 38, 42)]
    other = [(2.718281828459045 ** (quality / 10 + 0.2), float(quality)) for quality in (31, 33, 37, 45)]
    assert bd_rate(anchor, other) == pytest.approx(100 * (2.718281828459045**0.2 - 1))


def test_quality_at_equal_rate() -> None:
    better = [(rate, quality + 1.25) for rate, quality in CURVE]
    assert bd_quality(CURVE, better) == pytest.approx(1.25)
    assert bd_quality(better, CURVE[::-1]) == pytest.approx(-1.25)
    assert bd_quality(CURVE, CURVE) == 0


def test_quality_of_straight_lines_in_the_logarithm() -> None:
    """Twice the rate on a line of 6 dB an octave is 6 dB; only the shared range of rates counts."""
    anchor = [(2.0**octave, 6.0 * octave) for octave in (-2, -1, 1, 2)]
    other = [(2.0**octave, 6.0 * octave - 6) for octave in (-1.5, 0, 0.5, 3)]
    assert bd_quality(anchor, other) == pytest.approx(-6)
    assert bd_rate(anchor, other) == pytest.approx(100)


@pytest.mark.parametrize(
    ("codec", "stated", "margin"),
    [("ftic", -14.5, 0.3), ("elic", -7.0, 0.1), ("lalic", -15.26, 0.05)],
)
def test_what_papers_state_against_vtm(codec: str, stated: float, margin: float) -> None:
    """From the published curves on Kodak. A cubic fit through all points instead of pchip gives FTIC -14.84."""
    curves = {one.id: [(bpp, psnr) for bpp, psnr, _ in one.points] for one in published.load()}
    assert bd_rate(curves["vtm"], curves[codec]) == pytest.approx(stated, abs=margin)


@pytest.mark.parametrize(
    "curve",
    [
        [],
        CURVE[:1],
        [(0.0, 30.0), (1.0, 35.0)],
        [(0.5, 30.0), (1.0, 30.0)],
        [(0.5, 30.0), (1.0, float("inf"))],
        [(0.5, 60.0), (1.0, 70.0)],
    ],
)
def test_curves_without_an_answer(curve: list[tuple[float, float]]) -> None:
    with pytest.raises(UsageError):
        bd_rate(CURVE, curve)


@pytest.mark.parametrize(
    "curve",
    [[], CURVE[:1], [(0.5, 30.0), (0.5, 31.0)], [(3.0, 30.0), (4.0, 40.0)], [(0.0, 30.0), (1.0, 35.0)]],
)
def test_curves_without_an_answer_in_quality(curve: list[tuple[float, float]]) -> None:
    with pytest.raises(UsageError):
        bd_quality(CURVE, curve)


def test_equal_points_are_of_the_axis_that_is_compared() -> None:
    """Two rates of one quality have a mean difference in quality, and none in rate; and the other way round."""
    flat = [(0.2, 30.0), (0.4, 34.0), (0.5, 34.0)]
    bd_quality(CURVE, flat)
    with pytest.raises(UsageError, match="quality"):
        bd_rate(CURVE, flat)
    steep = [(0.2, 30.0), (0.4, 34.0), (0.4, 35.0)]
    bd_rate(CURVE, steep)
    with pytest.raises(UsageError, match="rate"):
        bd_quality(CURVE, steep)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.interpolate", None)
    with pytest.raises(MissingExtra, match=r"mezzotint\[eval\]"):
        bd_rate(CURVE, CURVE)
