# SPDX-License-Identifier: Apache-2.0
"""Every dense layer sees the input and all layers before it."""

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.dense import DenseBlock


@torch.no_grad()
def test_is_the_sum_over_all_that_is_known() -> None:
    torch.manual_seed(0)
    block, x = DenseBlock(4, growth=3, depth=2), torch.randn(1, 4, 6, 5)
    first = F.leaky_relu(block.layers[0](x), 0.2)
    second = F.leaky_relu(block.layers[1](torch.cat([x, first], 1)), 0.2)
    pieces = zip(block.fuse.weight.split([4, 3, 3], 1), (x, first, second), strict=True)
    expected = x + sum(F.conv2d(part, weight) for weight, part in pieces)
    torch.testing.assert_close(block(x), expected)


def test_every_layer_learns_from_the_first_step() -> None:
    torch.manual_seed(0)
    block = DenseBlock(4, growth=3, depth=3)
    block(torch.randn(1, 4, 6, 5)).square().sum().backward()
    assert all(layer.weight.grad.abs().max() > 0 for layer in block.layers)


def test_no_layers_are_the_identity() -> None:
    x = torch.randn(1, 4, 6, 5)
    assert torch.equal(DenseBlock(4, 3, 0)(x), x)


def test_refuses_no_growth() -> None:
    with pytest.raises(ValueError, match="choose"):
        DenseBlock(4, 0, 1)
