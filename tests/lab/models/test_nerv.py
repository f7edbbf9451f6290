# SPDX-License-Identifier: Apache-2.0
"""A clip as a network."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.layers.upsample import UPSAMPLERS
from mezzotint.lab.models.nerv import Nerv, NervConfig


@pytest.mark.parametrize("block", UPSAMPLERS.names())
def test_frames_have_the_clips_size_and_differ(block: str) -> None:
    torch.manual_seed(0)
    network = Nerv(NervConfig(block, 4, 5, 33, 70))
    frames = network(torch.arange(5))
    assert frames.shape == (5, 3, 33, 70)
    assert all(not torch.allclose(frames[i], frames[j]) for i in range(5) for j in range(i))
    assert torch.allclose(network(torch.tensor([3])), frames[3:4], atol=1e-4)


def test_width_and_cells_alone_decide_the_weights() -> None:
    def spent(width: int, frames: int, rows: int) -> int:
        return sum(p.numel() for p in Nerv(NervConfig("plain_up", width, frames, rows, 64)).parameters())

    assert spent(4, 2, 64) == spent(4, 900, 40)  # a long clip costs no more, nor does a part of a cell
    assert spent(4, 2, 64) < spent(4, 2, 65) < spent(6, 2, 65)
