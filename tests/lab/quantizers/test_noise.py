# SPDX-License-Identifier: Apache-2.0
"""Noise stands for rounding because its density at the integers is the mass of what rounds to them."""

import torch

from mezzotint.lab.quantizers.noise import Noise


def test_training_adds_uniform_noise_of_one_step() -> None:
    torch.manual_seed(0)
    y = 10 * torch.randn(1, 4, 200, 200)
    noise = (Noise(4).train()(y).y_hat - y).flatten()
    assert noise.abs().max() <= 0.5 + 1e-5
    assert abs(noise.mean()) < 0.005 and abs(noise.var() * 12 - 1) < 0.01
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.002, "independent from number to number"


def test_the_gradient_is_that_of_the_latent() -> None:
    y = torch.randn(1, 2, 3, 3, requires_grad=True)
    Noise(2).train()(y).y_hat.square().sum().backward()
    y_hat = y.grad / 2  # of a sum of squares
    assert (y_hat - y.detach()).abs().max() <= 0.5


def test_density_at_integers_is_the_mass_of_rounding() -> None:
    torch.manual_seed(0)
    y = 1.5 * torch.randn(1, 1, 1000, 2000) + 0.3
    noisy = Noise(1).train()(y).y_hat
    rounded = Noise(1).eval()(y).y_hat
    for k in range(-2, 4):
        density = ((noisy - k).abs() < 0.05).float().mean() / 0.1
        mass = (rounded == k).float().mean()
        assert abs(density / mass - 1) < 0.03
