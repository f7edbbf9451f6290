# SPDX-License-Identifier: Apache-2.0
"""Gaussians before and after their quantisers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mezzotint.lab.models.gaussians import PITCH, Gaussians, Quantised, decoded, to_pixels, to_steps
from mezzotint.lab.train.overfit import Rated, overfit

pytest.importorskip("numba")

HEIGHT, WIDTH = 16, 24


@pytest.fixture
def target() -> Tensor:
    x = torch.linspace(0, 3, WIDTH).expand(HEIGHT, WIDTH)
    return torch.stack([x.sin(), x.cos(), x / 4]).clamp(0, 1)


def test_the_decoder_draws_what_tuning_saw(target: Tensor) -> None:
    """But for floats that are sent in half precision."""
    gaussians = Gaussians.begin(target, 20)
    overfit([Rated(tuple(gaussians.parameters()), 0.05)], lambda: error(gaussians, target), 20)
    quantised = Quantised(gaussians, 2, 8)
    with torch.no_grad():
        seen = quantised(HEIGHT, WIDTH)
    assert (decoded(quantised.coded(HEIGHT, WIDTH), HEIGHT, WIDTH) - seen).abs().max() < 5e-3
    assert (seen - gaussians(HEIGHT, WIDTH)).abs().max() > 5e-3  # it is not the same picture as before


def test_every_number_learns_through_its_rounding(target: Tensor) -> None:
    gaussians = Gaussians.begin(target, 20)
    dice = torch.Generator().manual_seed(0)
    gaussians.shape.data += torch.rand(20, 3, generator=dice)
    gaussians.colour.data += 0.3 * torch.randn(20, 3, generator=dice)
    quantised = Quantised(gaussians, 2, 4)
    gaussians.shape.data[0] += 2  # beyond the last step: the offset learns from such ones alone
    (error(quantised, target) + quantised.strayed()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in quantised.parameters())


def test_more_books_leave_less_of_the_colours(target: Tensor) -> None:
    gaussians = Gaussians.begin(target, 60)
    gaussians.colour.data += torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    strayed = [float(Quantised(gaussians, books, 8).strayed().detach()) for books in (1, 2, 3)]
    assert strayed[2] < strayed[1] < strayed[0]


def test_places_stay_inside_and_steps_are_centred(target: Tensor) -> None:
    gaussians = Gaussians.begin(target, 3)
    gaussians.position.data = torch.tensor([[-9.0, 99.0], [0.0, 0.0], [WIDTH - 0.51, HEIGHT - 0.51]])
    place = Quantised(gaussians, 1, 2).coded(HEIGHT, WIDTH).place
    assert place.tolist()[0] == [0, PITCH * HEIGHT - 1]
    assert place.tolist()[2] == [PITCH * WIDTH - 1, PITCH * HEIGHT - 1]
    assert torch.allclose(to_pixels(to_steps(gaussians.position)), gaussians.position, atol=1e-5)
    assert float(to_pixels(torch.tensor(0.0))) == -0.5 + 0.5 / PITCH


def error(model: Gaussians | Quantised, target: Tensor) -> Tensor:
    return (model(HEIGHT, WIDTH) - target).square().mean()
