# SPDX-License-Identifier: Apache-2.0
"""CrossFormer's far half is a masked dense attention, and its position bias is defined for groups of any size."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.crossformer import CrossFormer, LongDistance, PositionNetwork


@torch.no_grad()
def test_bias_is_a_function_of_the_offset_at_unseen_sizes() -> None:
    torch.manual_seed(0)
    network = PositionNetwork(3)
    small, large = network(4, 5)[0].unflatten(1, (4, 5)).unflatten(3, (4, 5)), network(7, 9)[0]
    large = large.unflatten(1, (7, 9)).unflatten(3, (7, 9))  # (heads, row, column, row, column)
    torch.testing.assert_close(small, large[:, 2:6, 3:8, 2:6, 3:8])
    assert (large[:, 0, 0, 0, 1] != large[:, 0, 0, 1, 0]).all()
    torch.testing.assert_close(large[:, 0, 0, 1, 2], large[:, 3, 4, 4, 6])


@pytest.mark.parametrize("size", [(8, 12), (13, 10), (2, 3)])
@torch.no_grad()
def test_far_half_equals_masked_dense_attention(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    attention, x = LongDistance(8, 3, 2), torch.randn(1, 8, *size)
    q, k, v = (part[0].flatten(1).unflatten(0, (2, 4)) for part in attention.qkv(x).chunk(3, 1))
    place = torch.cartesian_prod(torch.arange(size[0]), torch.arange(size[1]))
    step = place[:, None] - place[None]
    same = (step % 3 == 0).all(-1)
    network = attention.bias
    hidden = network.between(torch.relu(network.norms[0](network.into((step // 3).float()))))
    bias = network.last(torch.relu(network.norms[1](hidden))).permute(2, 0, 1)
    scores = (q.transpose(1, 2) @ k / 2 + bias).masked_fill(~same, -torch.inf)
    expected = (v @ torch.softmax(scores, -1).transpose(1, 2)).reshape(1, 8, *size)
    torch.testing.assert_close(attention(x), attention.out(expected), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_far_half_sees_what_the_near_one_has_changed() -> None:
    torch.manual_seed(0)
    mixer, x = CrossFormer(8, group=4, interval=3, heads=2), torch.randn(1, 8, 6, 9)
    near = mixer.near(x)
    torch.testing.assert_close(mixer(x), near + mixer.far(x + near))
    alone = mixer.near(x[:, :, :4, 4:8])  # neighbours only
    torch.testing.assert_close(near[:, :, :4, 4:8], alone, atol=1e-5, rtol=1e-4)
