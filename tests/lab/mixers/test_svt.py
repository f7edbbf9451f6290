# SPDX-License-Identifier: Apache-2.0
"""The dual-tree split is invertible and tells directions apart; blending is complex Einstein products."""

import math

import pytest
import torch

from mezzotint.lab.layers.dualtree import dual_tree_merge, dual_tree_split
from mezzotint.lab.mixers.svt import SVT


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 8), (17, 10), (32, 48)])
def test_split_and_merge_are_the_identity(size: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size)
    torch.testing.assert_close(dual_tree_merge(dual_tree_split(x), *size), x, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("degrees", "rate"), [(15, 2), (165, 2), (45, 3.2), (135, 3.2), (75, 2), (105, 2)])
def test_each_band_has_its_direction(degrees: int, rate: float) -> None:
    """What a real wavelet cannot: 45 degrees and 135 fall into different bands."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    angle = math.radians(degrees)
    stripes = torch.cos(rate * (x * math.sin(angle) + y * math.cos(angle)))
    bands = dual_tree_split(stripes[None, None])[0, 0, 4:, 4:-4, 4:-4].unflatten(0, (6, 2))
    energy = bands.square().sum((1, 2, 3))
    band = (15, 165, 45, 135, 75, 105).index(degrees)
    assert energy.argmax() == band
    assert energy[band ^ 1] < 0.5 * energy[band]  # its mirror image


@torch.no_grad()
def test_unit_gates_pass_the_input() -> None:
    mixer, x = SVT(16), torch.randn(2, 16, 19, 13)
    mixer.low.fill_(1)
    for mix in (mixer.channel_mix, mixer.token_mix):
        mix[0], mix[1] = torch.eye(mix.shape[-1]), 0
    torch.testing.assert_close(mixer(x), x, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_high_bands_are_blended_by_complex_einstein_products() -> None:
    torch.manual_seed(0)
    mixer = SVT(8, window=4, blocks=2)
    for p in mixer.parameters():
        p.normal_()
    high = torch.randn(1, 8, 12, 4, 6)
    z = torch.view_as_complex(high.unflatten(2, (6, 2)).movedim(3, -1).contiguous())  # (1, 8, 6, 4, 6)
    z = (
        z.reshape(2, 4, 6, 2, 2, 3, 2).permute(3, 5, 2, 0, 1, 4, 6).reshape(6, 6, 2, 4, 4)
    )  # (N, K, block, D, T)
    channel, token = (
        torch.complex(*m).unflatten(0, (6, 2)) for m in (mixer.channel_mix.detach(), mixer.token_mix.detach())
    )
    bias = torch.complex(*mixer.channel_bias).unflatten(0, (6, 2))
    want = torch.einsum(
        "kbts,nkbds->nkbdt", token.transpose(-2, -1), torch.einsum("kbde,nkbet->nkbdt", channel, z) + bias
    )
    want = want.reshape(2, 3, 6, 2, 4, 2, 2).permute(3, 4, 2, 0, 5, 1, 6).reshape(1, 8, 6, 4, 6)
    found = mixer.blend_high(high).unflatten(2, (6, 2))
    torch.testing.assert_close(found[:, :, :, 0], want.real, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found[:, :, :, 1], want.imag, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_low_band_has_a_weight_for_each_place_of_the_window() -> None:
    torch.manual_seed(0)
    mixer, low = SVT(8, window=4, blocks=2), torch.randn(1, 8, 4, 5, 3)
    mixer.low.normal_()
    found = mixer.blend_low(low)
    for i in range(5):
        for j in range(3):
            torch.testing.assert_close(found[0, ..., i, j], low[0, ..., i, j] * mixer.low[..., i % 2, j % 2])
