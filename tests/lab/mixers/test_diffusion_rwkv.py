# SPDX-License-Identifier: Apache-2.0
"""Diffusion-RWKV: two scans equal the direct bidirectional sum over all pairs, whatever the size of the keys."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.diffusion_rwkv import DiffusionRwkv, four_sides, weighted_mean


@pytest.mark.parametrize("scale", [1.0, 10.0, 1000.0])
@torch.no_grad()
def test_scans_equal_the_direct_sum(scale: float) -> None:
    torch.manual_seed(0)
    k, v = scale * torch.randn(2, 4, 37).clamp(min=-1), torch.randn(2, 4, 37)
    if scale > 10:
        k = k - k.amin() + 500  # the exponential of any of them overflows
        k = k.clamp(min=k.amax(2, keepdim=True) - 25)
    rate, bonus = torch.tensor([0.5, 3.0, 20.0, 100.0])[None, :, None], torch.randn(1, 4, 1)
    distance = (torch.arange(37)[:, None] - torch.arange(37)).abs()
    score = k[:, :, None].double() - rate[..., None] * (distance - 1) / 37
    score = torch.where(distance == 0, (k + bonus)[:, :, None].double(), score)
    expected = (torch.softmax(score, -1) * v[:, :, None].double()).sum(-1).float()
    torch.testing.assert_close(weighted_mean(k, v, rate, bonus), expected, atol=1e-4, rtol=1e-3)


def test_quarters_move_to_four_sides() -> None:
    x = torch.zeros(1, 4, 5, 5)
    x[:, :, 2, 2] = 1
    places = [tuple(part.nonzero()[0].tolist()) for part in four_sides(x, 1)[0]]
    assert places == [(2, 3), (2, 1), (3, 2), (1, 2)]
    assert torch.equal(four_sides(x, 0), x)
    assert four_sides(x, 3).sum() == 0


@torch.no_grad()
def test_receptance_gates_the_mean_and_all_three_see_the_shifted_map() -> None:
    torch.manual_seed(0)
    mixer, x = DiffusionRwkv(8), torch.randn(2, 8, 5, 6)
    mixer.mix.normal_()
    moved = four_sides(x, 1)
    r, k, v = (layer(x + mixer.mix[i] * moved) for i, layer in enumerate(mixer.projections))
    mean = weighted_mean(k.flatten(2), v.flatten(2), mixer.log_rate.exp(), mixer.bonus).reshape(x.shape)
    torch.testing.assert_close(mixer(x), mixer.out(mean / (1 + torch.exp(-r))), atol=1e-5, rtol=1e-4)
