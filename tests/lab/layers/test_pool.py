# SPDX-License-Identifier: Apache-2.0
"""Pooling by products equals torch's adaptive pooling, for maps smaller than the result, too."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.pool import pool_to


@pytest.mark.parametrize("size", [(1, 1), (3, 20), (7, 7), (13, 41)])
def test_equals_adaptive_pooling(size: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size)
    torch.testing.assert_close(pool_to(x, 7, 5), F.adaptive_avg_pool2d(x, (7, 5)))
