# SPDX-License-Identifier: Apache-2.0
"""Lifting loses nothing, for pictures and for any other whole numbers, and is the filters that it names."""

import numpy as np
import pytest
import torch

from mezzotint.lab.layers import lifting
from mezzotint.lab.layers.wavelet_blocks import VARIABLES, coefficients, picture
from mezzotint.lab.priors import buckets


def whole(*shape: int, low: int = -2000, high: int = 2000) -> torch.Tensor:
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(0), dtype=torch.int32)


def test_every_colour_comes_back() -> None:
    """All of a coarse cube and its corners; and chroma keeps to nine bits."""
    steps = torch.tensor([0, 1, 2, 50, 127, 128, 200, 253, 254, 255])
    rgb = torch.cartesian_prod(steps, steps, steps).T[None, :, :, None]
    planes = lifting.to_ycocg(rgb)
    assert torch.equal(lifting.from_ycocg(planes), rgb.int())
    assert planes[:, 0].min() == 0 and planes[:, 0].max() == 255 and planes.abs().max() == 255
    grey = planes[(rgb[:, :1] == rgb[:, 1:2]).expand(-1, 3, -1, -1) & (rgb[:, 1:2] == rgb[:, 2:])]
    assert not grey.view(3, -1)[1:].any()


@pytest.mark.parametrize("length", [2, 4, 10, 64])
def test_split_and_merge_are_inverse(length: int) -> None:
    x = whole(3, 5, length)
    low, high = lifting.split(x)
    assert low.shape == high.shape == (3, 5, length // 2)
    assert torch.equal(lifting.merge(low, high), x)


def test_split_is_the_five_three_filter() -> None:
    """High: -1/2, 1, -1/2. Low: -1/8, 2/8, 6/8, 2/8, -1/8; each up to its rounding."""
    x = whole(1, 64).double().numpy()[0]
    low, high = (half.numpy()[0] for half in lifting.split(torch.from_numpy(x.astype(np.int32))[None]))
    for k in range(2, 30):
        assert abs(high[k] - (x[2 * k + 1] - (x[2 * k] + x[2 * k + 2]) / 2)) <= 0.5
        taps = x[2 * k - 2 : 2 * k + 3] @ np.array([-1, 2, 6, 2, -1]) / 8
        assert abs(low[k] - taps) <= 1.0


def test_maps_come_back_and_flat_ones_have_no_details() -> None:
    x = whole(2, 3, 12, 20)
    low, rest = lifting.split_map(x)
    assert low.shape == (2, 3, 6, 10) and rest.shape == (2, 3, 3, 6, 10)
    assert torch.equal(lifting.merge_map(low, rest), x)
    low, rest = lifting.split_map(torch.full((1, 1, 8, 8), 77, dtype=torch.int32))
    assert (low == 77).all() and not rest.any()


def test_blocks_come_back() -> None:
    pixels = whole(1, 3, 24, 40, low=0, high=256)
    values = coefficients(pixels)
    assert values.shape == (3 * 5, VARIABLES) and values.dtype == np.int64
    assert torch.equal(picture(values, 3, 5), pixels)


def test_blocks_are_the_same_in_a_batch_and_depend_on_their_place_only_at_the_border() -> None:
    pixels = whole(2, 3, 16, 24, low=0, high=256)
    assert np.array_equal(coefficients(pixels)[6:], coefficients(pixels[1:]))
    flat = coefficients(torch.full((1, 3, 16, 24), 60))
    assert not flat[1:].any() and flat[0, 0] == 60 - 128 and not flat[0, 1:].any()


def test_numbers_of_no_picture_do_not_raise() -> None:
    values = np.random.default_rng(0).integers(-4096, 4096, (6, VARIABLES))
    assert picture(values, 2, 3).shape == (1, 3, 16, 24)


def test_no_picture_has_numbers_beyond_their_tokens() -> None:
    """The picture that makes a chroma number largest is found by its response to single pixels, for the coarse ones."""
    single = torch.zeros(1600, 3, 1600)
    single[:, 0].fill_diagonal_(254)  # Co is red less blue
    response = coefficients(single.view(1600, 3, 40, 40)).reshape(1600, 25, VARIABLES)[:, 12]
    largest = 0
    for k in response[:, :48].any(0).nonzero()[0]:
        signs = torch.from_numpy(response[:, k] > 0).view(40, 40)
        worst = torch.stack((255 * signs, 0 * signs, 255 * ~signs))[None]
        largest = max(largest, int(np.abs(coefficients(worst)).max()))
    assert buckets.LIMIT // 3 < largest < buckets.LIMIT // 2
