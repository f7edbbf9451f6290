# SPDX-License-Identifier: Apache-2.0
"""Anchors are coded without context; the others see anchors, and those within the kernel only."""

import pytest
import torch

from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.phases import ANCHORS, put, take
from mezzotint.lab.priors.checkerboard import Checkerboard


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_a_cell_never_sees_its_own_colour(kernel: int) -> None:
    torch.manual_seed(0)
    conv = CheckerboardConv(2, 3, kernel)
    y = torch.randn(1, 2, 12, 12)
    out = conv(y)
    changed = y + put(torch.ones(1, 4, 6, 6), ANCHORS)
    assert torch.equal(take(conv(changed), ANCHORS), take(out, ANCHORS))
    assert not torch.equal(conv(changed), out)


@torch.no_grad()
def test_one_anchor_moves_its_neighbours_only() -> None:
    torch.manual_seed(0)
    prior = Checkerboard(4).eval()
    anchors = torch.zeros(1, 4, 12, 12)
    changed = anchors.clone()
    changed[:, :, 6, 6] = 5
    moved = (prior.context(changed) - prior.context(anchors)).abs().amax((0, 1)) > 1e-6
    rows, columns = moved.nonzero(as_tuple=True)
    assert ((rows - 6).abs().max(), (columns - 6).abs().max()) == (2, 2)
    assert ((rows + columns) % 2 == 1).all()


def test_refuses_a_kernel_that_sees_nothing() -> None:
    with pytest.raises(ValueError, match="choose 3"):
        Checkerboard(4, kernel=1)
