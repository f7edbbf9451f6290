# SPDX-License-Identifier: Apache-2.0
"""Equal to the direct convolution; with bands left out, equal to the library's FFT with those bands at zero."""

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.flash_fft_conv import FlashFFTConv


@pytest.mark.parametrize(("size", "kernel"), [((1, 1), 31), ((2, 5), 7), ((12, 9), 5), ((20, 33), 31)])
@torch.no_grad()
def test_equals_the_direct_padded_convolution(size: tuple[int, int], kernel: int) -> None:
    torch.manual_seed(0)
    mixer, x = FlashFFTConv(4, kernel), torch.randn(2, 4, *size)
    mixer.kernel.normal_()
    mixer.skip.normal_()
    want = F.conv2d(x, mixer.kernel[:, None], padding=kernel // 2, groups=4) + mixer.skip * x
    torch.testing.assert_close(mixer(x), want, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_skipped_bands_equal_zeroed_ones_of_the_long_sequence() -> None:
    torch.manual_seed(0)
    mixer, h, w, r = FlashFFTConv(2, kernel=5, keep=0.5), 9, 13, 2
    mixer.kernel.normal_()
    x, p, q = torch.randn(1, 2, h, w), 11, 15  # odd, and at least h + r and w + r
    sequence = F.pad(x, (0, q - w, 0, p - h)).flatten(2)
    taps = torch.zeros(2, p * q)
    for i in range(5):
        for j in range(5):
            taps[:, (q * (r - i) + r - j) % (p * q)] += mixer.kernel[:, i, j]
    kept = torch.zeros(p * q)
    for k1 in range(3):  # of 0..5
        for k2 in range(-3, 4):  # of -7..7
            k = k1 + p * k2
            kept[k % (p * q)] = kept[-k % (p * q)] = 1  # and its mirror image
    spectrum = torch.fft.fft(sequence) * torch.fft.fft(taps) * kept
    want = torch.fft.ifft(spectrum).real.unflatten(2, (p, q))[:, :, :h, :w] + mixer.skip * x
    torch.testing.assert_close(mixer(x), want, atol=1e-5, rtol=1e-4)
    assert mixer.reach is None
