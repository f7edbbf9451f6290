# SPDX-License-Identifier: Apache-2.0
"""The identity filter passes any picture; the learned grid is read at a picture's own frequencies."""

import pytest
import torch

from mezzotint.lab.mixers.spectformer import SpectFormer


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8), (13, 20)])
@torch.no_grad()
def test_identity_filter_passes_the_input(size: tuple[int, int]) -> None:
    mixer, x = SpectFormer(8), torch.randn(2, 8, *size)
    mixer.real.fill_(1)
    mixer.imaginary.zero_()
    torch.testing.assert_close(mixer(x), x, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_filter_multiplies_the_spectrum_at_its_frequencies() -> None:
    torch.manual_seed(0)
    mixer, x = SpectFormer(3, knots=5), torch.randn(1, 3, 8, 8)
    grid = torch.complex(mixer.real, mixer.imaginary)  # rows -1/2 .. 1/2 in 9, columns 0 .. 1/2 in 5
    filters = torch.stack([grid[:, round(8 * float(f)) + 4] for f in torch.fft.fftfreq(8)], 1)  # (C, 8, 5)
    want = torch.fft.irfft2(torch.fft.rfft2(x) * filters, (8, 8))
    torch.testing.assert_close(mixer(x), want, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_larger_pictures_have_the_same_filter_between_its_knots() -> None:
    mixer = SpectFormer(3)
    for small, large in zip(mixer.filter(7, 12), mixer.filter(21, 24), strict=True):
        torch.testing.assert_close(large[:, ::3, ::2], small, atol=1e-6, rtol=1e-5)
