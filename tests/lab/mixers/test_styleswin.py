# SPDX-License-Identifier: Apache-2.0
"""Double attention: half of the channels see their plain window, half the shifted one, each exactly."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.styleswin import StyleSwin


def seen_by(mixer: StyleSwin, channels: slice, row: int, column: int, size: int) -> torch.Tensor:
    """(size, size) bool: which cells move the attention's ``channels`` at one position."""
    mixer.out = torch.nn.Identity()
    x = torch.randn(1, 16, size, size, requires_grad=True)
    mixer(x)[0, channels, row, column].square().sum().backward()
    return x.grad[0].abs().amax(0) > 0


@pytest.mark.parametrize(("row", "column"), [(0, 0), (7, 9), (8, 3), (13, 17)])
def test_each_half_sees_its_own_windows(row: int, column: int) -> None:
    torch.manual_seed(0)
    mixer, size = StyleSwin(16, window=8, heads=4), 18
    cells = torch.arange(size)
    for channels, shift in ((slice(0, 8), 0), (slice(8, 16), 4)):
        rows = (cells - shift) // 8 == (row - shift) // 8
        columns = (cells - shift) // 8 == (column - shift) // 8
        assert torch.equal(seen_by(mixer, channels, row, column, size), rows[:, None] & columns[None])


@torch.no_grad()
def test_one_layer_crosses_a_plain_seam() -> None:
    torch.manual_seed(0)
    mixer, x = StyleSwin(16), torch.randn(1, 16, 16, 16)
    changed = x.clone()
    changed[:, :, :, 7] += 1
    assert (mixer(changed) - mixer(x))[:, :, :, 8:12].abs().max() > 1e-3


def test_an_odd_number_of_heads_is_refused() -> None:
    with pytest.raises(ValueError, match="choose an even number"):
        StyleSwin(15, heads=3)
