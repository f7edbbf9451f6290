# SPDX-License-Identifier: Apache-2.0
"""The nested lapped DCT is orthonormal, a plain DCT where nothing overlaps, and codes smooth signals better."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.fft import dctn

from mezzotint.lab.layers.nested_dct import NestedDct, blocks, mixed, mixing_matrix
from mezzotint.lab.layers.patch import dct_matrix


@pytest.mark.parametrize(("block", "outer", "overlap"), [(8, 2, 4), (8, 4, 1), (16, 4, 8), (4, 2, 0)])
def test_there_and_back_and_nothing_gained_or_lost(block: int, outer: int, overlap: int) -> None:
    torch.manual_seed(0)
    transform = NestedDct(block, outer, overlap)
    for cells in ((1, 1), (2, 3)):
        x = torch.randn(2, 3, *(block * outer * n for n in cells))
        y = transform(x)
        torch.testing.assert_close(transform.inverse(y), x, atol=1e-4, rtol=0)
        energy = y.coarse.square().sum() + y.fine.square().sum()
        torch.testing.assert_close(energy, x.square().sum(), atol=0, rtol=1e-4)
        assert y.fine[:, :: block**2].abs().max() == 0 and y.coarse.shape[2:] == cells


def test_without_overlap_a_block_is_its_dct() -> None:
    """Against scipy; luma is the sum of the planes over the root of 3."""
    torch.manual_seed(0)
    x = torch.randn(1, 3, 16, 32)
    y = NestedDct(8, 2).forward(x)
    luma = x[0].sum(0).numpy() / math.sqrt(3)
    block = dctn(luma[8:16, 16:24], norm="ortho")
    found = y.fine[0, :64, 1, 2].numpy()
    np.testing.assert_allclose(found[1:], block.ravel()[1:], atol=1e-5)
    means = np.array([[dctn(luma[r : r + 8, c : c + 8], norm="ortho")[0, 0] for c in (0, 8)] for r in (0, 8)])
    np.testing.assert_allclose(y.coarse[0, :4, 0, 0].numpy(), dctn(means, norm="ortho").ravel(), atol=1e-4)


def gain(block: int, overlap: int, rho: float = 0.95) -> float:
    """Coding gain in decibels on a first-order autoregressive signal, of a block with neighbours."""
    count = 5 * block
    places = torch.arange(count)
    covariance = torch.tensor(rho) ** (places[:, None] - places).abs()
    both = mixed(covariance[None, None], mixing_matrix(block, overlap))  # rows and columns
    found = blocks(both, dct_matrix(block))[0].reshape(block, block, 5, 5)
    variances = found.diagonal(dim1=0, dim2=1)[2, 2]
    return float(10 * (variances.mean().log10() - variances.log10().mean()))


def test_overlap_raises_the_coding_gain() -> None:
    """8.83 and 9.46 dB are those of the DCT of 8 and 16 (Rao and Yip); lapped ones of 8 and 16 reach 9.22 and 9.76."""
    wanted = {(8, 0): 8.826, (16, 0): 9.455, (8, 4): 9.219, (16, 8): 9.759}
    assert {pair: round(gain(*pair), 2) for pair in wanted} == {k: round(v, 2) for k, v in wanted.items()}


def test_more_than_half_a_block_cannot_overlap() -> None:
    with pytest.raises(ValueError, match="half a block"):
        NestedDct(8, 2, 5)
