# SPDX-License-Identifier: Apache-2.0
"""SOFT: the iteration finds the inverse, all positions as landmarks give the full kernel, and the cost is linear."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.soft import RIDGE, Soft, gaussian, kernel_attention, newton_inverse
from mezzotint.lab.models.cost import count


def full(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """D^-1/2 S D^-1/2 v with every pair's Gaussian kernel."""
    kernel = torch.exp(-torch.cdist(q, q).square() / (2 * q.shape[-1] ** 0.5))
    scale = kernel.sum(-1, keepdim=True).rsqrt()
    return scale * (kernel @ (scale * v))


@torch.no_grad()
def test_newton_finds_the_inverse() -> None:
    torch.manual_seed(0)
    for spread in (3.0, 0.3, 0.0):  # landmarks far apart, alike, and all the same
        points = spread * torch.randn(2, 3, 49, 8)
        w = gaussian(points, points)
        expected = torch.linalg.inv((w + RIDGE * torch.eye(49)).double()).float()
        error = (newton_inverse(w) - expected).abs().amax((2, 3)) / expected.abs().amax((2, 3))
        assert error.max() < 2e-4


@torch.no_grad()
def test_error_to_the_full_kernel_falls_with_landmarks() -> None:
    torch.manual_seed(0)
    q, v = torch.randn(2, 3, 60, 8), torch.randn(2, 3, 60, 5)
    errors = [(kernel_attention(q, q[:, :, :n], v) - full(q, v)).abs().mean() for n in (15, 30, 60)]
    assert errors[0] > errors[1] > errors[2]
    torch.testing.assert_close(kernel_attention(q, q, v), full(q, v), atol=0.02, rtol=0.02)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = Soft(16)
    shared = count(mixer, torch.zeros(1, 16, 1, 1)).macs  # the inverse among landmarks
    small, large = (count(mixer, torch.zeros(1, 16, side, side)).macs - shared for side in (32, 64))
    assert 3.9 < large / small < 4.01


@torch.no_grad()
def test_landmarks_are_the_means_of_queries_that_are_the_keys() -> None:
    torch.manual_seed(0)
    mixer, x = Soft(8, landmarks=2, heads=2), torch.randn(1, 8, 6, 4)
    q, v = mixer.qv(mixer.position(x)).chunk(2, 1)
    means = torch.nn.functional.avg_pool2d(q, (3, 2))
    q, v, means = (m.flatten(2).unflatten(1, (2, 4)).transpose(2, 3) for m in (q, v, means))
    a, w = (torch.exp(-torch.cdist(m, means).square() / 4) for m in (q, means))
    low_rank = a @ torch.linalg.inv(w + RIDGE * torch.eye(4)) @ a.transpose(2, 3)
    scale = low_rank.sum(3, keepdim=True).clamp(min=1).rsqrt()
    expected = mixer.out((scale * (low_rank @ (scale * v))).transpose(2, 3).reshape(x.shape))
    torch.testing.assert_close(mixer(x), expected, atol=1e-4, rtol=1e-3)
