# SPDX-License-Identifier: Apache-2.0
"""One layer sees the whole picture, by its spectral path only, which acts on true frequencies."""

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.ffc import FFC


def test_gradient_probe_finds_an_image_wide_receptive_field() -> None:
    torch.manual_seed(0)
    mixer, x = FFC(64), torch.randn(1, 64, 19, 30, requires_grad=True)
    near, wide = (
        torch.autograd.grad(mixer(x).split(mixer.split, 1)[part][..., 0, 0].sum(), x)[0] for part in (0, 1)
    )
    assert (wide.abs().sum((0, 1)) > 0).all()  # a corner's global channels depend on every cell
    neighbours = near.abs().sum((0, 1)) > 0
    assert neighbours[:2, :2].all() and neighbours.sum() == 4
    with torch.no_grad():
        mixer.wide_to_wide.spectrum.weight.zero_()
    wide = torch.autograd.grad(mixer(x)[:, mixer.split[0] :, 0, 0].sum(), x)[0].abs().sum((0, 1)) > 0
    assert wide.sum() == 4


@torch.no_grad()
def test_fourier_unit_maps_each_frequency_by_itself() -> None:
    torch.manual_seed(0)
    unit, x = FFC(16).wide_to_wide, torch.randn(2, 6, 7, 10)
    spectrum = torch.fft.rfft2(x, norm="ortho")
    parts = torch.cat((spectrum.real, spectrum.imag), 1).movedim(1, 3)  # (B, H, W // 2 + 1, G)
    mapped = (parts @ unit.spectrum.weight[..., 0, 0].T + unit.spectrum.bias).relu().movedim(3, 1)
    want = torch.fft.irfft2(torch.complex(*mapped.chunk(2, 1)), (7, 10), norm="ortho")
    torch.testing.assert_close(unit.fourier_unit(x), want, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_global_channels_are_their_spectral_path_plus_what_the_local_ones_send() -> None:
    torch.manual_seed(0)
    mixer, x = FFC(16), torch.randn(2, 16, 7, 10)
    near, wide = x[:, :4], x[:, 4:]
    spectral = mixer.wide_to_wide
    entered = spectral.enter(wide).relu()
    sent = F.conv2d(near, mixer.near_to_wide.weight, mixer.near_to_wide.bias, padding=1)
    expected = torch.cat(
        (mixer.to_near(x), sent + spectral.leave(entered + spectral.fourier_unit(entered))), 1
    )
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
