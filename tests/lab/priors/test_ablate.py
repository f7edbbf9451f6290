# SPDX-License-Identifier: Apache-2.0
"""Steps add up to what evaluation counts; a silenced part gives zeros, and speaks again afterwards."""

import torch

from mezzotint.lab.priors.ablate import counted, silenced, swapped
from mezzotint.lab.priors.mlicv2 import MlicV2


@torch.no_grad()
def test_steps_add_up() -> None:
    torch.manual_seed(0)
    prior, y = MlicV2(8, skip=30).eval(), 5 * torch.randn(1, 8, 8, 8)
    count = counted(prior, y)
    torch.testing.assert_close(torch.tensor([sum(count.steps)]), prior(y).bits)
    assert len(count.steps) == 1 + 2 * 4
    assert count.symbols == 8 * 64 + 8 * 4, "y, and z of as many channels"
    assert 0 < count.sent < count.symbols


@torch.no_grad()
def test_a_silenced_part_costs_its_own_slice_and_comes_back() -> None:
    torch.manual_seed(0)
    prior, y = MlicV2(8).eval(), 5 * torch.randn(1, 8, 8, 8)
    before = counted(prior, y).steps
    with silenced(prior.stages[2].local):
        after = counted(prior, y).steps
    assert before[:6] == after[:6], "z, two slices, and the anchors of the third"
    assert before[6] != after[6]
    assert counted(prior, y).steps == before


@torch.no_grad()
def test_a_swapped_part_speaks_of_another_picture() -> None:
    layer, x = torch.nn.Conv2d(3, 3, 1), torch.randn(2, 3, 2, 2)
    with swapped(layer):
        swap = layer(x)
    with silenced(layer):
        assert (layer(x) == 0).all()
    torch.testing.assert_close(swap, layer(x.flip(0)))
