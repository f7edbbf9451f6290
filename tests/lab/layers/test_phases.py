# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from mezzotint.lab.layers.phases import ANCHORS, OTHERS, merge_phases, put, split_phases, take

QUARTERS = ((0,), (1,), (2,), (3,))


@pytest.mark.parametrize("step", [ANCHORS, OTHERS, QUARTERS, ((0, 1, 2, 3),)])
def test_put_brings_back_what_take_took(step) -> None:
    x = torch.arange(1, 8 * 24 + 1.0).view(1, 8, 4, 6)
    part = take(x, step)
    back = put(part, step)
    assert back.shape == x.shape
    known = back != 0
    assert torch.equal(back[known], x[known]) and known.sum() == part.numel()


def test_anchors_and_others_are_a_checkerboard() -> None:
    ones = torch.ones(1, 4, 3, 3)
    rows, columns = torch.arange(6)[:, None], torch.arange(6)[None]
    assert torch.equal(put(ones, ANCHORS)[0, 0], ((rows + columns) % 2 == 0).float())
    assert torch.equal(put(ones, OTHERS)[0, 0], ((rows + columns) % 2 == 1).float())


def test_phases_split_and_merge() -> None:
    y = torch.rand(2, 3, 4, 6)
    assert torch.equal(merge_phases(split_phases(y)), y)
