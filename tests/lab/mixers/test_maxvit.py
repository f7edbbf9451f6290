# SPDX-License-Identifier: Apache-2.0
"""MaxViT's pair of attentions sees the whole picture at linear cost; the grid half is a masked dense attention."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.maxvit import GridAttention, MaxViT
from mezzotint.lab.models.cost import count


def seen(module: torch.nn.Module, x: torch.Tensor, row: int, column: int) -> torch.Tensor:
    """(H, W) which input cells one output cell depends on."""
    x = x.clone().requires_grad_()
    (module(x)[0, :, row, column] * torch.linspace(-1, 1, x.shape[1])).sum().backward()
    return x.grad[0].abs().amax(0) > 1e-9


@pytest.mark.parametrize("size", [(24, 40), (40, 29)])
def test_influence_covers_the_picture(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    mixer, x = MaxViT(8, heads=2), torch.randn(1, 8, *size)
    for row, column in ((0, 0), (size[0] - 1, 5), (size[0] // 2, size[1] - 1)):
        assert seen(mixer, x, row, column).all()
    assert seen(mixer.block, x, 0, 0).sum() == 64
    assert seen(mixer.grid, x, 0, 0).sum() <= 64


@pytest.mark.parametrize("size", [(24, 16), (13, 18), (3, 5)])
@torch.no_grad()
def test_grid_equals_masked_dense_attention(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    (height, width), grid = size, 4
    attention, x = GridAttention(8, grid, 2), torch.randn(1, 8, *size)
    attention.bias.table.normal_()
    spacing = torch.tensor([-(-height // grid), -(-width // grid)])
    q, k, v = (part[0].flatten(1).unflatten(0, (2, 4)) for part in attention.qkv(x).chunk(3, 1))
    place = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    step = place[:, None] - place[None]
    same = (step % spacing == 0).all(-1)
    step = torch.where(same[..., None], step // spacing + grid - 1, torch.zeros_like(step))
    bias = attention.bias.table[step[..., 0] * (2 * grid - 1) + step[..., 1]].permute(2, 0, 1)
    scores = q.transpose(1, 2) @ k / 2 + bias
    weights = torch.softmax(scores.masked_fill(~same, -torch.inf), -1)
    expected = attention.out((v @ weights.transpose(1, 2)).reshape(1, 8, *size))
    torch.testing.assert_close(attention(x), expected, atol=1e-5, rtol=1e-4)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = MaxViT(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, 16)).macs for side in (16, 64))
    assert large == 4 * small


@torch.no_grad()
def test_the_grid_sees_what_the_windows_have_changed() -> None:
    torch.manual_seed(0)
    mixer, x = MaxViT(8, window=4, grid=3, heads=2), torch.randn(1, 8, 7, 9)
    local = mixer.block(x)
    torch.testing.assert_close(mixer(x), local + mixer.grid(x + local))
