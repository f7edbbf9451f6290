# SPDX-License-Identifier: Apache-2.0
"""Attention to sub-bands against plain attention to explicit Haar coefficients, and what it saves."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.lab.layers.resample import HAAR
from mezzotint.lab.mixers.robustformer import RobustFormer, places
from mezzotint.lab.models.cost import count


def attention(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    parts = (part.flatten(2).unflatten(1, (heads, -1)).transpose(2, 3) for part in (q, k, v))
    return F.scaled_dot_product_attention(*parts).transpose(2, 3).flatten(1, 2).view_as(q)


@pytest.mark.parametrize("levels", [1, 2])
@torch.no_grad()
def test_keys_and_values_are_the_four_sub_bands(levels: int) -> None:
    torch.manual_seed(0)
    mixer, x = RobustFormer(16, levels), torch.randn(2, 16, 8, 12)
    bands = mixer.reduce(x)
    for _ in range(levels):
        cells = F.pixel_unshuffle(bands, 2).unflatten(1, (-1, 4))  # (B, c, 4, h, w)
        bands = torch.einsum("sp,bcphw->bschw", HAAR, cells).flatten(1, 2)
    assert torch.isclose(bands.square().sum(), mixer.reduce(x).square().sum())  # nothing is lost
    q, k = mixer.query(x + places(x, 0)), mixer.key(bands + places(bands, levels))
    want = mixer.out(attention(q, k, mixer.value(bands), mixer.heads))
    torch.testing.assert_close(mixer(x), want, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_without_a_wavelet_it_is_plain_attention() -> None:
    torch.manual_seed(0)
    mixer, x = RobustFormer(16, levels=0), torch.randn(1, 16, 5, 7)
    y = mixer.reduce(x)
    q, k = mixer.query(x + places(x, 0)), mixer.key(y + places(y, 0))
    want = mixer.out(attention(q, k, mixer.value(y), mixer.heads))
    torch.testing.assert_close(mixer(x), want, atol=1e-5, rtol=1e-4)


def test_a_level_leaves_a_quarter_of_the_attention() -> None:
    x, c, n = torch.randn(1, 16, 16, 16), 16, 256
    for levels in (0, 1, 2):
        keys = n // 4**levels
        pointwise = 2 * n * c * c + n * c * c // 4**levels + 2 * keys * c * c
        assert count(RobustFormer(c, levels=levels), x).macs == pointwise + 2 * n * keys * c


def test_places_are_the_middles_of_the_cells_that_a_token_stands_for() -> None:
    """At every level in the same units: a token between two cells has an angle between theirs."""
    for level, (height, width) in enumerate(((6, 10), (3, 5))):
        told = places(
            torch.zeros(1, 16, height, width), level
        )  # sines and cosines of 4 rates, of rows, then columns
        rows, columns = ((torch.arange(n) + 0.5) * 2**level for n in (height, width))
        for i in range(4):
            rate = 10000 ** (-i / 4)
            for first, angles in ((0, rows[:, None]), (8, columns[None])):
                angles = (rate * angles).expand(height, width)
                torch.testing.assert_close(told[first + i], angles.sin(), atol=1e-5, rtol=0)
                torch.testing.assert_close(told[first + 4 + i], angles.cos(), atol=1e-5, rtol=0)
