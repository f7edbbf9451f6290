# SPDX-License-Identifier: Apache-2.0
"""Linear light made of photos: the curve of the standard, an exposure a picture, noise as it should be."""

import numpy as np
import torch

from mezzotint.lab.data.linear import STOPS, WHITE, light, linear_picture, photographed


def test_light_is_that_of_the_standard() -> None:
    """Middle grey, the joint of the two pieces from both sides, and the ends."""
    found = light(torch.tensor([0.0, 0.5, 1.0, 0.04045, 0.04046], dtype=torch.float64))
    torch.testing.assert_close(
        found[:3], torch.tensor([0, 0.21404114, 1], dtype=torch.float64), rtol=1e-7, atol=0
    )
    assert 0 < found[4] - found[3] < 2e-6


def test_pictures_are_dimmed_by_up_to_so_many_stops_each_in_its_own_way() -> None:
    found = photographed(torch.ones(64, 3, 16, 16), 3).mean((1, 2, 3)) / WHITE
    assert found.min() >= 2**-STOPS - 0.01 and found.max() <= 1
    assert found.min() < 0.4 and found.max() > 0.8 and len(found.unique()) == 64


def test_noise_grows_with_the_light() -> None:
    ramp = torch.linspace(0.2, 0.8, 4)[:, None].repeat(1, 4096)
    pictures = photographed(ramp.expand(32, 3, 4, 4096), 0) / WHITE
    mean, variance = pictures.mean(3).flatten(0, 1), pictures.var(3).flatten(0, 1)
    assert (variance[:, -1] > 1.3 * variance[:, 0]).float().mean() > 0.9
    assert (variance < 4e-4 * mean + 1.2e-6).all()


def test_a_seed_says_it_all_and_values_are_whole() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    found = linear_picture(pixels, 5)
    assert found.dtype == np.uint16 and found.shape == pixels.shape
    assert np.array_equal(found, linear_picture(pixels, 5)) and not np.array_equal(
        found, linear_picture(pixels, 6)
    )
    whole = photographed(torch.rand(2, 3, 8, 8), 1)
    assert torch.equal(whole, whole.round()) and whole.min() >= 0 and whole.max() <= WHITE
