# SPDX-License-Identifier: Apache-2.0
"""Sums of Gaussians against the formula, written out over the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mezzotint.lab.layers import splat

pytest.importorskip("numba")

HEIGHT, WIDTH = 20, 31


def some(count: int = 12) -> tuple[Tensor, Tensor, Tensor]:
    """Positions partly outside, shapes round and slanted, colours of both signs."""
    generator = torch.Generator().manual_seed(0)
    position = torch.rand(count, 2, generator=generator) * torch.tensor([WIDTH + 6.0, HEIGHT + 6.0]) - 3
    shape = torch.rand(count, 3, generator=generator) * 3 + torch.tensor([0.6, -1.5, 0.6])
    return position, shape, torch.randn(count, 3, generator=generator)


def dense(position: Tensor, shape: Tensor, colour: Tensor) -> Tensor:
    """Every Gaussian at every pixel, through its covariance matrix; (3, H, W) float64."""
    factor = torch.zeros(len(shape), 2, 2, dtype=torch.float64)
    factor[:, 0, 0], factor[:, 1, 0], factor[:, 1, 1] = shape.double().unbind(1)
    inverse = torch.linalg.inv(factor @ factor.mT)
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    away = torch.stack([y, x], 2).double() - position.double()[:, None, None].flip(-1)  # (N, H, W, 2)
    square = torch.einsum("nhwi,nij,nhwj->nhw", away, inverse, away)
    inside = square <= splat.REACH**2
    return torch.einsum("nhw,nc->chw", torch.exp(-square / 2) * inside, colour.double())


def test_pixels_are_those_of_the_formula() -> None:
    inputs = some()
    wanted = dense(*inputs)
    edge = np.exp(-(splat.REACH**2) / 2) * float(
        inputs[2].abs().max()
    )  # a pixel on the very edge may be in or out
    assert (splat.splat(*inputs, HEIGHT, WIDTH) - wanted).abs().max() < 1.01 * edge
    assert (splat.splat(*inputs, HEIGHT, WIDTH) - wanted).abs().median() < 1e-6


def test_gradients_are_those_of_the_formula() -> None:
    weight = torch.randn(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1))
    ours, theirs = ([t.clone().requires_grad_() for t in some()] for _ in range(2))
    (splat.splat(*ours, HEIGHT, WIDTH) * weight).sum().backward()
    (dense(*theirs) * weight).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad is not None and b.grad is not None
        assert (a.grad - b.grad).abs().max() < 0.02 * b.grad.abs().max()
        assert (a.grad - b.grad).abs().median() < 1e-3 * b.grad.abs().max()


def test_compiled_loops_give_what_plain_python_gives() -> None:
    arrays = [t.numpy() for t in some(5)]
    fast, slow = (np.zeros((3, HEIGHT, WIDTH), np.float32) for _ in range(2))
    splat.compiled().draw(fast, *arrays)
    splat.draw(slow, *arrays)
    assert np.abs(fast - slow).max() < 1e-5
    wanted = np.random.default_rng(0).normal(size=fast.shape).astype(np.float32)
    quick, plain = (np.zeros((5, 8), np.float32) for _ in range(2))
    splat.compiled().pull(wanted, *arrays, quick)
    splat.pull(wanted, *arrays, plain)
    assert np.abs(quick - plain).max() < 1e-3 * np.abs(plain).max()


def test_far_away_and_one_pixel_pictures() -> None:
    position, shape, colour = torch.tensor([[500.0, -400.0]]), torch.ones(1, 3), torch.ones(1, 3)
    assert not splat.splat(position, shape, colour, HEIGHT, WIDTH).any()
    assert torch.allclose(splat.splat(torch.zeros(1, 2), shape, colour, 1, 1), torch.ones(3, 1, 1))
