# SPDX-License-Identifier: Apache-2.0
"""FNet is the real part of a two-dimensional transform, over tokens in raster order and over channels."""

import pytest
import torch

from mezzotint.lab.mixers.fnet import FNet


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 7), (16, 12)])
@pytest.mark.parametrize("channels", [8, 9])
def test_equals_the_real_part_of_a_2d_fft(channels: int, size: tuple[int, int]) -> None:
    x = torch.randn(2, channels, *size)
    want = torch.fft.fft2(x.flatten(2), norm="ortho").real.unflatten(2, size)
    torch.testing.assert_close(FNet(channels)(x), want, atol=1e-5, rtol=1e-4)
