# SPDX-License-Identifier: Apache-2.0
"""What every upsampling block must do, and what makes each its own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import mezzotint.lab.models.nerv  # noqa: F401  (registers all blocks)
from mezzotint.lab.layers.conditional_up import ConditionalUp
from mezzotint.lab.layers.separable_up import SeparableUp
from mezzotint.lab.layers.upsample import UPSAMPLERS, PlainUp


@pytest.fixture(params=UPSAMPLERS.names())
def block(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = UPSAMPLERS.build(request.param, 6, 4, 5)
    return made


def test_doubles_both_sides(block: nn.Module) -> None:
    for height, width in ((1, 1), (3, 5)):
        found = block(torch.randn(2, 6, height, width), torch.randn(2, 5))
        assert found.shape == (2, 4, 2 * height, 2 * width)


def test_every_weight_matters(block: nn.Module) -> None:
    block(torch.randn(2, 6, 3, 5), torch.randn(2, 5)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in block.parameters())


def test_batch_mates_are_strangers(block: nn.Module) -> None:
    x, t = torch.randn(3, 6, 3, 5), torch.randn(3, 5)
    assert torch.allclose(block(x, t)[1:2], block(x[1:2], t[1:2]), atol=1e-5)


def test_an_unknown_block_is_answered_by_the_known_ones() -> None:
    with pytest.raises(ValueError, match="separable_up"):
        UPSAMPLERS.build("none_up", 6, 4, 5)


def test_separable_blocks_leave_the_bilinear_skip_where_they_are_silent() -> None:
    block = SeparableUp(6, 6, 5)
    for conv in (block.conv, block.before.point, block.after.point):
        nn.init.zeros_(conv.weight)
        nn.init.zeros_(conv.bias)
    x = torch.randn(1, 6, 4, 5)
    wanted = F.interpolate(x, (8, 10), mode="bilinear")
    assert torch.allclose(block(x, torch.zeros(1, 5)), wanted, atol=1e-6)


def test_separable_blocks_cost_few_weights() -> None:
    """Nine and a row of the pointwise part for each channel, and its two biases, on either side."""
    plain, separable = PlainUp(8, 8, 5), SeparableUp(8, 8, 5)
    spent = [sum(p.numel() for p in block.parameters()) for block in (plain, separable)]
    assert spent[1] - spent[0] == 2 * 8 * (9 + 8 + 2)


def test_the_frame_scales_and_shifts_conditioned_features() -> None:
    torch.manual_seed(0)
    block = ConditionalUp(6, 4, 5)
    x, t = torch.randn(1, 6, 3, 3), torch.randn(1, 5)
    features = torch.sin(2 * F.pixel_shuffle(block.conv(x), 2))
    gain, shift = (block.affine.weight @ t[0] + block.affine.bias).view(2, 4, 1, 1)
    assert torch.allclose(block(x, t), features + block.point(features * (1 + gain) + shift), atol=1e-6)
    assert not torch.allclose(block(x, t), block(x, -t))
