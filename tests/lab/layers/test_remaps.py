# SPDX-License-Identifier: Apache-2.0
"""Maps come back exactly, stay in 0..1, and do what their bytes say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.lab.layers.jpeg_proxy import FROM_YCBCR, TO_YCBCR, blocks, turned
from mezzotint.lab.layers.remaps import MIDDLE, NOTE_MAX, OCTAVE, REMAPS, Curve, Gain, Spectrum, chain

ALL = ("power(22)", "power(5)", "curve(8)", "curve(1)", "curve(40)", "gain(4)", "gain(2)", "spectrum()")


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    """16-bit values, dark and bright and the ends."""
    values = torch.rand(2, 3, 24, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64) ** 3
    values[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    values[1] *= 0.3
    return (values * NOTE_MAX).round() / NOTE_MAX


def bytes_for(steered: int, seed: int, low: int = 0, high: int = 256) -> torch.Tensor:
    return torch.randint(low, high, (2, steered), generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("spec", ALL)
def test_every_value_comes_back_whatever_the_bytes(spec: str, x: torch.Tensor) -> None:
    """To a hundredth of a step of 16 bits, so that rounding gives it back."""
    each = REMAPS.build(spec)
    for seed in range(5):
        steer = bytes_for(each.steered, seed)
        y, noted = each.apply(x, steer)
        assert noted[:, : each.notes].shape == (2, each.notes)
        assert torch.equal(noted, noted.round()) or not each.notes
        assert y.min() >= -1e-12 and y.max() <= 1 + 1e-12
        assert (each.undo(y, steer, noted) - x).abs().max() * NOTE_MAX < 0.01


@pytest.mark.parametrize("spec", ["curve(8)", "gain(4)", "spectrum()"])
def test_the_start_changes_little(spec: str, x: torch.Tensor) -> None:
    each = REMAPS.build(spec)
    bright = x / x.amax((2, 3), keepdim=True)
    y, _ = each.apply(bright, each.start.double().expand(2, -1))
    assert (y - bright).abs().max() < 0.01


def test_a_curve_rises_through_its_knots() -> None:
    curve, ramp = (
        Curve(4),
        torch.linspace(0, 1, 4096, dtype=torch.float64).view(1, 1, 64, 64).repeat(1, 3, 1, 1),
    )
    steer = torch.tensor([[0.0, 9, 19, 29] * 3], dtype=torch.float64)
    y, noted = curve.apply(0.5 * ramp, steer)
    assert (noted == np.ceil(NOTE_MAX / 2)).all() and (y[0, 0].flatten().diff() > 0).all()
    rises = np.array([1, 10, 20, 30]) ** 2
    at = [round(4095 * (k / 4) ** 2) for k in range(5)]
    np.testing.assert_allclose(y[0, 0].flatten()[at], np.append(0, rises.cumsum()) / rises.sum(), atol=1e-3)


def test_a_gain_is_the_slope_in_the_dark_and_keeps_the_ends() -> None:
    gain = Gain(4)
    x = torch.tensor([0.0, 1e-6, 1.0], dtype=torch.float64).view(1, 1, 1, 3).repeat(1, 3, 8, 1)
    steer = torch.full((1, 16), MIDDLE + 2.0 * OCTAVE, dtype=torch.float64)
    y, _ = gain.apply(x, steer)
    np.testing.assert_allclose(y[0, 0, 0], [0, 4e-6, 1], rtol=1e-4)


def test_gains_are_local() -> None:
    gain, x = Gain(2), torch.full((1, 3, 40, 40), 0.2, dtype=torch.float64)
    y, _ = gain.apply(x, torch.tensor([[MIDDLE, MIDDLE + OCTAVE, MIDDLE, MIDDLE]], dtype=torch.float64))
    assert y[0, 0, 0, 0] == y[0, 0, 39, 0] == 0.2
    assert float(y[0, 0, 0, 39]) == pytest.approx(0.4 / 1.2)
    assert (y[0, 0, 0].diff() > 0).all()


def test_a_spectrum_scales_diagonals_and_makes_room(x: torch.Tensor) -> None:
    """Against coefficients of the planes before and after, with the room that was noted."""
    spectrum, steer = Spectrum(), bytes_for(30, 3, 100, 200)
    y, noted = spectrum.apply(x, steer)
    before, after = (blocks(turned(v - 0.5, TO_YCBCR)) for v in (x, y))
    room = noted[1, 0] / NOTE_MAX
    for plane, part in ((0, 0), (1, 15), (2, 15)):
        for v, u in ((0, 0), (2, 5), (7, 7)):
            wanted = before[1, plane, ..., v, u] * 2 ** ((steer[1, part + u + v] - MIDDLE) / OCTAVE) * room
            torch.testing.assert_close(after[1, plane, ..., v, u], wanted, rtol=1e-9, atol=1e-12)
    assert (y - 0.5).abs().amax((1, 2, 3)).tolist() == pytest.approx([0.5, 0.5], abs=1e-3)


def test_the_error_of_eight_bits_is_bounded(x: torch.Tensor) -> None:
    """Curve and gains rise: it is between what half a step less and more undo to. A spectrum: a bound on the norm."""
    for spec in ("curve(8)", "gain(4)", "power(22)"):
        each = REMAPS.build(spec)
        steer = bytes_for(each.steered, 1, 60, 200)
        y, noted = each.apply(x, steer)
        low, high = (each.undo((y + half).clamp(0, 1), steer, noted) for half in (-0.5 / 255, 0.5 / 255))
        found = each.undo((y * 255).round() / 255, steer, noted)
        assert (low - 1e-9 <= found).all() and (found <= high + 1e-9).all()
    spectrum, steer = Spectrum(), bytes_for(30, 1, 60, 200)
    y, noted = spectrum.apply(x, steer)
    found = spectrum.undo((y * 255).round() / 255, steer, noted)
    turn = np.linalg.norm(TO_YCBCR, 2) * np.linalg.norm(FROM_YCBCR, 2)
    least = 2 ** ((steer.amin(1) - MIDDLE) / OCTAVE) * noted[:, 0] / NOTE_MAX
    norm = (found - x).square().sum((1, 2, 3)).sqrt()
    assert (norm <= turn * 0.5 / 255 * (3 * 24 * 32) ** 0.5 / least).all()


def test_chains_are_specs() -> None:
    assert [type(m) for m in chain("curve(8) | gain(4) | spectrum()")] == [Curve, Gain, Spectrum]
    assert chain("") == ()
    for wrong in ("curv(8)", "curve(0)", "gain(99)", "power(0)", "curve(8) |"):
        with pytest.raises(ValueError, match="remap|give|part"):
            chain(wrong)
