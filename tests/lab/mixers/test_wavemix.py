# SPDX-License-Identifier: Apache-2.0
"""With nothing between wavelet and upsampling the map comes back; the levels see as far as stated, and no less."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.resample import HAAR
from mezzotint.lab.mixers.wavemix import WaveMix


@torch.no_grad()
def test_inverse_wavelet_as_upsampling_reconstructs() -> None:
    torch.manual_seed(0)
    mixer, x = WaveMix(16, levels=1), torch.randn(1, 16, 11, 14)
    level = mixer.levels[0]
    level.mix = nn.Identity()
    level.up.weight.zero_()
    level.up.bias.zero_()
    for band in range(4):  # channels (band, C / 4) -> C / 4 by the middle taps
        for c in range(4):
            level.up.weight[band * 4 + c, c, 1:3, 1:3] = HAAR[band].view(2, 2)
    torch.testing.assert_close(mixer(x)[:, :4], mixer.reduce(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_every_level_doubles_the_reach(levels: int) -> None:
    torch.manual_seed(0)
    mixer, farthest = WaveMix(8, levels=levels), 0
    for place in range(32, 32 + 2**levels):  # every place in the coarsest cell
        x = torch.randn(1, 8, 64, 64, requires_grad=True)
        mixer(x)[0, :, place, place].sum().backward()
        rows = x.grad.abs().sum((0, 1, 3)).nonzero().flatten()
        farthest = max(farthest, int((rows - place).abs().max()))
    assert farthest == mixer.reach


@torch.no_grad()
def test_the_coarse_level_is_that_of_the_low_band_and_joins_the_fine_one() -> None:
    torch.manual_seed(0)
    mixer, x = WaveMix(8), torch.randn(1, 8, 8, 12)

    def bands(m: Tensor) -> Tensor:
        return torch.einsum("sp,bcphw->bschw", HAAR, F.pixel_unshuffle(m, 2).unflatten(1, (-1, 4)))

    def mixed(level: nn.Module, m: Tensor) -> Tensor:
        into, _, back = level.mix
        return F.conv_transpose2d(back(F.gelu(into(m))), level.up.weight, level.up.bias, stride=2, padding=1)

    fine = bands(mixer.reduce(x))
    coarse = mixed(mixer.levels[1], bands(fine[:, 0]).flatten(1, 2))
    expected = mixed(mixer.levels[0], torch.cat((fine.flatten(1, 2), coarse), 1))
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
