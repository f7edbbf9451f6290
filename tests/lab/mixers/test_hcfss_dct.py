# SPDX-License-Identifier: Apache-2.0
"""Unit weights are the identity; learned ones depend on the window's own content and on nothing else."""

import math

import torch

from mezzotint.lab.mixers.hcfss_dct import HCFSSDCT


@torch.no_grad()
def test_unit_weights_pass_the_input() -> None:
    torch.manual_seed(0)
    mixer, x = HCFSSDCT(16), torch.randn(2, 16, 13, 9)
    torch.testing.assert_close(mixer(x), mixer.local(x), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_weights_follow_the_content_of_their_window() -> None:
    torch.manual_seed(0)
    weights = HCFSSDCT(16, window=4).weights
    weights.excite.weight += torch.randn_like(weights.excite.weight)
    coefficients = torch.randn(3, 16, 16)
    before = weights(coefficients)
    assert before.min() > 0 and before.max() < 2 and before.std() > 0.1
    coefficients[1, 5] *= 4
    moved = (weights(coefficients) - before).abs().amax(2)  # (windows, bands)
    assert moved[1].min() > 0 and moved[1].argmax() == 5
    assert moved[0].max() == 0 and moved[2].max() == 0
    torch.testing.assert_close(weights(-coefficients), weights(coefficients))  # their size counts


@torch.no_grad()
def test_weights_multiply_the_coefficients_of_each_window() -> None:
    torch.manual_seed(0)
    mixer, x = HCFSSDCT(8, window=4), torch.randn(1, 8, 8, 12)
    mixer.weights.excite.weight += torch.randn_like(mixer.weights.excite.weight)
    k = torch.arange(4)
    basis = torch.cos(math.pi / 4 * (k + 0.5) * k[:, None]) * 0.5**0.5
    basis[0] *= 0.5**0.5
    windows = mixer.local(x)[0].unflatten(1, (2, 4)).unflatten(3, (3, 4))  # (C, 2, 4, 3, 4)
    coefficients = torch.einsum("ui,vj,cyixj->yxuvc", basis, basis, windows).reshape(6, 16, 8)
    weighted = (mixer.weights(coefficients) * coefficients).reshape(2, 3, 4, 4, 8)
    expected = torch.einsum("ui,vj,yxuvc->cyixj", basis, basis, weighted).reshape(1, 8, 8, 12)
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_band_has_its_own_weights_and_sizes_count_by_their_logarithm() -> None:
    torch.manual_seed(0)
    weights = HCFSSDCT(8, window=4).weights
    weights.excite.weight.normal_()
    flat = weights(torch.ones(1, 16, 8))
    assert (flat[0, 1:] - flat[0, :1]).abs().amax(1).min() > 1e-4
    small, large, larger = (weights.own(torch.log(1 + torch.full((8,), size))) for size in (0.0, 1e3, 1e4))
    weights.others.weight.zero_()
    weights.band.zero_()
    for size, hidden in ((0.0, small), (1e3, large), (1e4, larger)):
        expected = 2 * torch.sigmoid(weights.excite(torch.nn.functional.gelu(hidden)))
        found = weights(torch.full((1, 16, 8), size))
        torch.testing.assert_close(found, expected.expand_as(found), atol=1e-4, rtol=1e-3)
