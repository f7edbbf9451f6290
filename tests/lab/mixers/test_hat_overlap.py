# SPDX-License-Identifier: Apache-2.0
"""Overlapping attention: the queries of a window see that window and a rim round it, and no more."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.hat_overlap import HatOverlap


@pytest.mark.parametrize("halo", [0, 2, 4])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (9, 15), (16, 20)])
def test_a_query_sees_its_window_and_the_rim(halo: int, row: int, column: int) -> None:
    torch.manual_seed(0)
    mixer, height, width = HatOverlap(8, window=8, halo=halo, heads=2), 18, 27
    x = torch.randn(1, 8, height, width, requires_grad=True)
    mixer(x)[0, :, row, column].square().sum().backward()

    def near(size: int, place: int) -> torch.Tensor:
        cells, first = torch.arange(size), place // 8 * 8
        return (cells >= first - halo) & (cells < first + 8 + halo)

    assert torch.equal(x.grad[0].abs().amax(0) > 0, near(height, row)[:, None] & near(width, column)[None])


@torch.no_grad()
def test_equals_masked_dense_attention() -> None:
    """Rows, columns and bias are those of one attention over the whole picture in which only the rim may be seen."""
    torch.manual_seed(0)
    window, halo, height, width = 4, 1, 10, 7
    mixer, x = HatOverlap(8, window, halo, heads=2), torch.randn(1, 8, height, width)
    mixer.bias.table.normal_()
    q, k, v = (part[0].flatten(1).unflatten(0, (2, -1)) for part in mixer.qkv(x).chunk(3, 1))
    place = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), -1).flatten(
        0, 1
    )
    inside = (
        place[None] - place[:, None] // window * window
    )  # (queries, keys, 2), counted from the query's window
    seen = ((inside >= -halo) & (inside < window + halo)).all(-1)
    farthest = window - 1 + halo
    offset = place[:, None] - place[None] + farthest
    row = (offset[..., 0] * (2 * farthest + 1) + offset[..., 1]).where(seen, torch.tensor(0))
    scores = q.transpose(1, 2) @ k / 2 + mixer.bias.table[row].permute(2, 0, 1)
    weights = torch.softmax(scores.masked_fill(~seen, -torch.inf), -1)
    expected = mixer.out((v @ weights.transpose(1, 2)).reshape(1, 8, height, width))
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_channel_attention_sees_the_whole_picture_and_says_so() -> None:
    torch.manual_seed(0)
    mixer, x = HatOverlap(32, channel_attention=True), torch.randn(1, 32, 41, 41)
    assert mixer.reach is None and HatOverlap(32).reach == 9
    changed = x.clone()
    changed[:, :, 0, 0] += 500
    assert (mixer(changed) - mixer(x))[:, :, 40, 40].abs().max() > 1e-6


def test_a_rim_wider_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to the window"):
        HatOverlap(32, window=4, halo=5)
