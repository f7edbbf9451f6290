# SPDX-License-Identifier: Apache-2.0
"""Swin's windows, shift, mask and padding give what one masked attention over the whole picture gives."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.swin import Swin


def dense(mixer: Swin, x: torch.Tensor, window: int, shift: int) -> torch.Tensor:
    """(1, C, H, W) -> the same: all positions at once, scores of other windows at minus infinity."""
    _, c, height, width = x.shape
    q, k, v = (part[0].flatten(1).unflatten(0, (mixer.heads, -1)) for part in mixer.qkv(x).chunk(3, 1))
    place = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), -1).flatten(
        0, 1
    )
    number = (place - shift).div(window, rounding_mode="floor")  # (HW, 2), which window
    same = (number[:, None] == number[None]).all(-1)
    offset = place[:, None] - place[None] + window - 1
    row = (offset[..., 0] * (2 * window - 1) + offset[..., 1]).where(same, torch.tensor(0))
    bias = mixer.bias.table[row].permute(2, 0, 1)  # (heads, HW, HW)
    scores = (q.transpose(1, 2) @ k) / (c // mixer.heads) ** 0.5 + bias
    weights = torch.softmax(scores.masked_fill(~same, -torch.inf), -1)
    return mixer.out((v @ weights.transpose(1, 2)).reshape(1, c, height, width))


@pytest.mark.parametrize("size", [(16, 24), (13, 18), (3, 5), (7, 8)])
@pytest.mark.parametrize("shift", [0, 4, 3])
@torch.no_grad()
def test_equals_masked_dense_attention(size: tuple[int, int], shift: int) -> None:
    torch.manual_seed(0)
    mixer, x = Swin(8, window=8, heads=2, shift=shift), torch.randn(1, 8, *size)
    mixer.bias.table.normal_()
    torch.testing.assert_close(mixer(x), dense(mixer, x, 8, shift), atol=1e-5, rtol=1e-4)


def test_shifts_by_half_a_window_unless_told() -> None:
    assert Swin(8).windows.down == 4
    with pytest.raises(ValueError, match="shift < window"):
        Swin(8, window=8, shift=8)
