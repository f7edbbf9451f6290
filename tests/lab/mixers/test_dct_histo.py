# SPDX-License-Identifier: Apache-2.0
"""The DCT branch neither sees nor makes what was truncated, and its cost falls with what is kept."""

import math

import torch

from mezzotint.lab.layers.dct import window_dct, window_idct
from mezzotint.lab.layers.patch import dct_matrix
from mezzotint.lab.mixers.dct_histo import DCTAttention, DCTHisto
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_only_kept_frequencies_go_in_and_come_out() -> None:
    torch.manual_seed(0)
    branch, full = DCTAttention(16, window=8, keep=4, heads=4), dct_matrix(8)
    x = torch.randn(1, 16, 16, 24)
    coefficients, grid = window_dct(x, full)
    torch.testing.assert_close(window_idct(coefficients, grid, full), x, atol=1e-5, rtol=1e-4)
    high = coefficients.unflatten(1, (8, 8)).clone()
    high[:, :4, :4] = 0  # what is dropped: any frequency of 4 or more on either axis
    without = x - window_idct(high.flatten(1, 2), grid, full)
    assert (without - x).abs().max() > 0.1
    torch.testing.assert_close(branch(without), branch(x), atol=1e-5, rtol=1e-4)
    out = window_dct(branch(x), full)[0].unflatten(1, (8, 8)).square().sum((0, 3))  # (8, 8)
    assert out[:4, :4].min() > 1e-3 and out[4:].max() < 1e-9 and out[:, 4:].max() < 1e-9


def test_attention_costs_the_square_of_what_is_kept() -> None:
    x = torch.randn(1, 32, 32, 32)
    half, whole = (count(DCTAttention(32, window=16, keep=keep, heads=4), x).macs for keep in (8, 16))
    windows, kept, c = 4, 8 * 8, 32
    transforms = 2 * windows * c * 16 * 8 * (16 + 8)  # there and back, rows and columns
    products = 3 * c * c * windows * kept + 2 * c * windows * kept**2
    assert half == transforms + products
    assert half < whole / 4


@torch.no_grad()
def test_coefficients_attend_to_each_other_by_their_normalised_selves() -> None:
    torch.manual_seed(0)
    mixer, x = DCTHisto(8, window=4, keep=0.5, heads=2), torch.randn(1, 8, 4, 8)
    branch, k = mixer.attention, torch.arange(4)
    basis = (torch.cos(math.pi / 4 * (k + 0.5) * k[:, None]) * 0.5**0.5)[:2]
    basis[0] *= 0.5**0.5
    kept = torch.einsum("ui,vj,cixj->xuvc", basis, basis, x[0].unflatten(2, (2, 4))).reshape(2, 4, 8)
    normalised = (kept - kept.mean(2, keepdim=True)) / (
        kept.var(2, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    query, key = branch.query_key(normalised + branch.frequency).chunk(2, 2)
    parts = (m.unflatten(2, (2, 4)).transpose(1, 2) for m in (query, key, branch.value(kept)))
    mixed = torch.nn.functional.scaled_dot_product_attention(*parts).transpose(1, 2).reshape(2, 2, 2, 8)
    expected = torch.einsum("ui,vj,xuvc->cixj", basis, basis, mixed).reshape(1, 8, 4, 8)
    torch.testing.assert_close(branch(x), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        mixer(x), mixer.fuse(torch.cat((expected, mixer.mobile(x)), 1)), atol=1e-5, rtol=1e-4
    )
