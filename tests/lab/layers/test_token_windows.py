# SPDX-License-Identifier: Apache-2.0
"""Cutting and joining, at sizes that do and do not divide."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.layers.token_windows import windows


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 40), (20, 24), (5, 33)])
def test_join_undoes_cut(size: tuple[int, int]) -> None:
    x = torch.arange(2 * 3 * size[0] * size[1]).float().view(2, 3, *size)
    cut = windows(*size, 16)
    parts = cut.cut(x)
    assert parts.shape == (2 * cut.count, 3, cut.rows, cut.columns) and max(parts.shape[2:]) <= 16
    assert torch.equal(cut.join(parts), x)


def test_windows_are_equal_and_few() -> None:
    cut = windows(20, 33, 16)
    assert (cut.down, cut.across, cut.rows, cut.columns) == (2, 3, 10, 11)


def test_a_window_is_a_patch_of_the_map() -> None:
    x = torch.arange(32 * 24).float().view(1, 1, 32, 24)
    parts = windows(32, 24, 16).cut(x)
    assert torch.equal(parts[3, 0], x[0, 0, 16:, 12:])  # the last of 2 x 2
