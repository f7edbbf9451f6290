# SPDX-License-Identifier: Apache-2.0
"""Soft rounding: from the identity to rounding, invertible, decoded to the conditional mean, annealed by a count."""

import pytest
import torch

from mezzotint.lab.quantizers.softround import (
    BOUNDS,
    SoftRound,
    conditional_mean,
    soft_round,
    soft_round_inverse,
)

LINE = torch.linspace(-3.2, 3.2, 2001, dtype=torch.float64)


def sharpness(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def test_goes_from_the_identity_to_rounding() -> None:
    torch.testing.assert_close(soft_round(LINE, sharpness(BOUNDS[0])), LINE, atol=2e-5, rtol=0)
    clear = (LINE - LINE.floor() - 0.5).abs() > 0.2  # not near the jumps
    torch.testing.assert_close(
        soft_round(LINE, sharpness(16.0))[clear], LINE.round()[clear], atol=2e-3, rtol=0
    )
    errors = [(soft_round(LINE, sharpness(a)) - LINE.round()).abs().mean() for a in (0.5, 1.0, 2.0, 4.0, 8.0)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("value", [0.1, 1.0, 4.0, 8.0])
def test_is_invertible_rises_and_repeats_from_cell_to_cell(value: float) -> None:
    a = sharpness(value)
    soft = soft_round(LINE, a)
    torch.testing.assert_close(soft_round_inverse(soft, a), LINE, atol=1e-9, rtol=0)
    assert (soft.diff() > 0).all()
    torch.testing.assert_close(soft_round(LINE + 1, a), soft + 1)
    fixed = torch.arange(-3, 3.5, 0.5, dtype=torch.float64)
    torch.testing.assert_close(soft_round(fixed, a), fixed)


@pytest.mark.parametrize("value", [0.5, 3.0, 8.0])
def test_the_decoder_sees_the_mean_of_what_gives_the_noisy_value(value: float) -> None:
    torch.manual_seed(0)
    a, cells, bins = sharpness(value), 4, 40
    y = cells * torch.rand(2_000_000, dtype=torch.float64)
    noisy = soft_round(y, a) + torch.rand_like(y) - 0.5
    inside = (noisy > 1) & (noisy < cells - 1)  # away from the ends of the flat density
    place = ((noisy[inside] - 1) * bins).long()
    count = torch.bincount(place).double()
    mean_y = torch.zeros_like(count).index_add(0, place, y[inside]) / count
    decoded = conditional_mean(noisy[inside], a)
    mean_decoded = torch.zeros_like(count).index_add(0, place, decoded) / count
    torch.testing.assert_close(mean_decoded, mean_y, atol=0.01, rtol=0)


def test_at_the_lowest_sharpness_it_is_noise() -> None:
    y = 5 * torch.randn(1, 2, 8, 8)
    part = SoftRound(2, first=BOUNDS[0], last=BOUNDS[0]).train()
    torch.manual_seed(3)
    noise = torch.rand_like(y) - 0.5
    torch.manual_seed(3)
    torch.testing.assert_close(part(y).y_hat, y + noise, atol=1e-4, rtol=0)


def test_training_comes_nearer_to_use_as_it_anneals() -> None:
    y = 5 * torch.randn(1, 2, 64, 64, generator=torch.Generator().manual_seed(1))
    gaps = []
    for a in (1.0, 3.0, 8.0, 16.0):
        part = SoftRound(2, first=a, last=a)
        gaps.append(float((part.train()(y).y_hat - part.eval()(y).y_hat).abs().mean()))
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 0.3 * gaps[0], gaps


def test_the_schedule_is_even_in_the_logarithm_and_stops() -> None:
    part = SoftRound(2, first=1.0, last=4.0, steps=4)
    y, seen = torch.zeros(1, 2, 2, 2), []
    for _ in range(6):
        seen.append(float(part.sharpness))
        part.train()(y)
        part.eval()(y)  # use does not count
    assert seen == pytest.approx([1.0, 2**0.5, 2.0, 8**0.5, 4.0, 4.0])
    resumed = SoftRound(2, first=1.0, last=4.0, steps=4)
    resumed.load_state_dict(part.state_dict())
    assert float(resumed.sharpness) == pytest.approx(4.0)


@pytest.mark.parametrize("value", BOUNDS)
def test_gradients_are_finite_at_both_bounds(value: float) -> None:
    y = torch.linspace(-2, 2, 401).view(1, 1, 1, 401).requires_grad_()  # integers and halves among them
    part = SoftRound(1, first=value, last=value).train()
    for _ in range(50):
        part(y).y_hat.sum().backward()
    assert torch.isfinite(y.grad).all()
    border = torch.tensor(
        [-0.5, 0.5, 1.5], requires_grad=True
    )  # the noisy value that the inverse meets hardest
    conditional_mean(border, torch.tensor(value)).sum().backward()
    assert torch.isfinite(border.grad).all()
