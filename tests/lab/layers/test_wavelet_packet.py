# SPDX-License-Identifier: Apache-2.0
"""Packets come back, are what the 9/7 filters give, keep energy nearly, and sort pixels by frequency."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.wavelet_packet import analyse, merge, split, split_all, synthesise

# Analysis filters of Cohen, Daubechies and Feauveau, low and high, as tables print them (gain sqrt(2) at frequency 0).
LOW = [0.037828, -0.023849, -0.110624, 0.377403, 0.852699, 0.377403, -0.110624, -0.023849, 0.037828]
HIGH = [0.064539, -0.040689, -0.418092, 0.788486, -0.418092, -0.040689, 0.064539]


def test_a_level_is_convolution_with_the_published_filters() -> None:
    x = torch.randn(1, 1, 64, generator=torch.Generator().manual_seed(0))
    low, high = split(x)
    mirrored = F.pad(x, (4, 4), mode="reflect")
    plain = F.conv1d(mirrored, torch.tensor([[LOW]]), stride=2)
    detail = F.conv1d(F.pad(x, (2, 4), mode="reflect"), torch.tensor([[HIGH]]), stride=2)
    torch.testing.assert_close(low, plain, atol=2e-5, rtol=0)
    torch.testing.assert_close(high, detail, atol=2e-5, rtol=0)


@pytest.mark.parametrize("packets", [0, 1, 3, 4])
def test_packets_come_back(packets: int) -> None:
    x = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(1)) - 0.5
    bands = analyse(x, 4, packets)
    assert bands.shape == (2, 3 * 256, 2, 3)
    torch.testing.assert_close(synthesise(bands, 4, packets), x, atol=1e-5, rtol=0)


def test_no_packets_are_plain_phases() -> None:
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    assert torch.equal(analyse(x, 4, 0), F.pixel_unshuffle(x, 16))


def test_energy_of_noise_is_kept_nearly() -> None:
    x = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    assert 0.8 < analyse(x, 3, 3).square().mean() < 1.25


def test_bands_are_low_and_high_across_and_down() -> None:
    place = torch.arange(32.0)
    waves = {1: torch.cos(math.pi * place)[None, :], 2: torch.cos(math.pi * place)[:, None]}
    for band, wave in waves.items():
        bands = split_all(wave.expand(32, 32)[None, None])[0]  # (4, 16, 16): LL, LH (high across), HL, HH
        shares = bands.square().sum((1, 2))
        assert shares[band] > 0.9 * shares.sum()
    flat = split_all(torch.ones(1, 1, 32, 32))[0]
    torch.testing.assert_close(flat[0], torch.full((16, 16), 2.0), atol=1e-4, rtol=0)
    assert flat[1:].abs().max() < 1e-4


def test_merge_undoes_split_at_odd_places() -> None:
    x = torch.randn(3, 5, 10, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(merge(*split(x)), x, atol=1e-5, rtol=0)
