# SPDX-License-Identifier: Apache-2.0
"""BD-rate on curves whose answer is known."""

import sys

import pytest

from mezzotint.errors import MissingExtra, UsageError
from mezzotint.evaluate import bd_rate

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


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.interpolate", None)
    with pytest.raises(MissingExtra, match=r"mezzotint\[eval\]"):
        bd_rate(CURVE, CURVE)
