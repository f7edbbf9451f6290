# SPDX-License-Identifier: Apache-2.0
"""A group holds the cells of equal place modulo the spacing, and joining undoes splitting."""

from __future__ import annotations

import torch

from mezzotint.lab.layers.dilated import Groups


def test_splits_by_remainder_and_joins_again() -> None:
    x = torch.randn(2, 6, 7, 10)
    groups = Groups(3, 4)
    parts = groups.split(x, 2)
    assert parts.shape == (2 * 12, 2, 3 * 3, 3)  # padded to 9 x 12
    # The group of row 1 and column 1: its first row, first two columns.
    torch.testing.assert_close(parts[5, 0, :2], x[0, :3, 1, 1:6:4].T)
    torch.testing.assert_close(groups.join(parts, 2, 7, 10), x)
