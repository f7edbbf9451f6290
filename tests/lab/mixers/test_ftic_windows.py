# SPDX-License-Identifier: Apache-2.0
"""FTIC's four head groups: each sees exactly one window of its own shape, shifted or not."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.ftic_windows import FticWindows

SHAPES = ((4, 4), (4, 16), (16, 4), (16, 16))


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 21), (19, 16)])
def test_each_group_sees_a_window_of_its_own_shape(row: int, column: int, shifted: bool) -> None:
    torch.manual_seed(0)
    mixer, height, width = FticWindows(16, side=4, heads=4, shifted=shifted), 21, 34
    mixer.out = torch.nn.Identity()
    for group, (rows, columns) in enumerate(SHAPES):
        x = torch.randn(1, 16, height, width, requires_grad=True)
        mixer(x)[0, 4 * group : 4 * group + 4, row, column].square().sum().backward()
        down, right = (rows // 2, columns // 2) if shifted else (0, 0)
        y = (torch.arange(height) - down) // rows == (row - down) // rows
        z = (torch.arange(width) - right) // columns == (column - right) // columns
        assert torch.equal(x.grad[0].abs().amax(0) > 0, y[:, None] & z[None]), SHAPES[group]


@torch.no_grad()
def test_an_undecided_group_takes_the_mean_of_its_window() -> None:
    """Equal scores leave plain means: low-pass filters of four shapes, which is how the groups part frequencies."""
    torch.manual_seed(0)
    mixer, x = FticWindows(16, heads=4), torch.randn(1, 16, 16, 32)
    mixer.out = torch.nn.Identity()
    for table in mixer.bias:
        table.table.zero_()
    mixer.qkv.weight.zero_()
    for group in range(4):  # rows of the product: query, key and value of 4 channels, group after group
        mixer.qkv.weight[12 * group + 8 : 12 * group + 12, 4 * group : 4 * group + 4, 0, 0] = torch.eye(4)
    for group, (rows, columns) in enumerate(SHAPES):
        part = x[:, 4 * group : 4 * group + 4]
        mean = torch.nn.functional.avg_pool2d(part, (rows, columns))
        expected = mean.repeat_interleave(rows, 2).repeat_interleave(columns, 3)
        found = mixer(x)[:, 4 * group : 4 * group + 4]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_heads_that_cannot_be_shared_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        FticWindows(36, heads=6)


@pytest.mark.parametrize("shifted", [False, True])
@torch.no_grad()
def test_each_group_is_masked_dense_attention_with_its_own_bias(shifted: bool) -> None:
    torch.manual_seed(0)
    height, width = 9, 10
    mixer, x = FticWindows(16, side=2, heads=4, shifted=shifted), torch.randn(1, 16, height, width)
    mixer.out = torch.nn.Identity()
    place = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    found = mixer(x)
    for group, (rows, columns) in enumerate(((2, 2), (2, 8), (8, 2), (8, 8))):
        table = mixer.bias[group].table.normal_()
        found = mixer(x)[0, 4 * group : 4 * group + 4].flatten(1).T
        q, k, v = mixer.qkv(x)[0, 12 * group : 12 * group + 12].flatten(1).T.chunk(3, 1)
        side, step = torch.tensor([rows, columns]), place[:, None] - place[None]
        number = (place - side // 2 * shifted).div(side, rounding_mode="floor")
        same = (number[:, None] == number[None]).all(-1)
        row = ((step[..., 0] + rows - 1) * (2 * columns - 1) + step[..., 1] + columns - 1).where(same, 0)
        scores = (q @ k.T / 2 + table[row][..., 0]).masked_fill(~same, -torch.inf)
        torch.testing.assert_close(found, torch.softmax(scores, -1) @ v, atol=1e-5, rtol=1e-4)
