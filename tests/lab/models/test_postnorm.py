# SPDX-License-Identifier: Apache-2.0
"""Norms stand behind mixer and MLP, so that what a block adds does not grow with its input; groups have a shortcut."""

import torch

from mezzotint.lab.models.postnorm import PostNormBlock, ResidualGroup


@torch.no_grad()
def test_what_a_block_adds_has_a_size_of_its_own() -> None:
    torch.manual_seed(0)
    block, x = PostNormBlock(8, 8, "depthwise"), torch.randn(1, 8, 6, 6)
    block.mlp_norm.gain.zero_()
    for loudness in (1.0, 1000.0):
        added = block(loudness * x) - loudness * x
        assert abs(added.square().mean().sqrt().item() / 0.2 - 1) < 0.05
        unit = block.mixer(loudness * x)
        unit = unit - unit.mean(1, keepdim=True)
        expected = 0.2 * unit / (unit.square().mean(1, keepdim=True) + 1e-6).sqrt()
        torch.testing.assert_close(added, expected, atol=2e-4, rtol=1e-3)


@torch.no_grad()
def test_a_group_adds_its_blocks_to_its_input_and_takes_their_mixers_in_turn() -> None:
    torch.manual_seed(0)
    group, x = ResidualGroup(3, 8, 8, "depthwise(3) | depthwise(5)"), torch.randn(1, 8, 6, 6)
    torch.testing.assert_close(group(x), x + group.blocks[2](group.blocks[1](group.blocks[0](x))))
    assert [block.mixer.reach for block in group.blocks] == [1, 2, 1]
