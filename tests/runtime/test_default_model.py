# SPDX-License-Identifier: Apache-2.0
"""The model that ships keeps the tile rule: its halos are as wide as its networks look."""

import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
from mezzotint.bundle import default
from mezzotint.evaluate import psnr
from mezzotint.runtime.decode import decode_picture, read_latents
from mezzotint.runtime.encode import encode_picture
from mezzotint.runtime.latents import Model, open_model
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.tiles import BLOCK


@pytest.fixture(scope="module")
def shipped() -> Model:
    return open_model(default(), 1)


def test_windows_change_nothing(shipped: Model, photo: NDArray[np.uint8]) -> None:
    wide = np.concatenate([photo, photo[:, ::-1]], axis=1)  # (200, 660, 3), 4 x 11 blocks
    halo = max(shipped.card.analysis_halo // BLOCK, -(-shipped.card.synthesis_halo // 4))
    budget = 4 * (1 + 2 * halo) * BLOCK**2  # cores of one column
    whole = encode_picture(from_array(wide), 2500, shipped, 7)
    cut = encode_picture(from_array(wide), 2500, shipped, 7, window_pixels=budget)
    symbols = [
        np.concatenate([tile.symbols.reshape(-1) for tile in read_latents(coded, shipped.bundle)])
        for coded in (whole, cut)
    ]
    assert (symbols[0] == symbols[1]).mean() > 0.999
    one = decode_picture(whole, shipped).colour.astype(int)
    other = decode_picture(whole, shipped, window_pixels=budget).colour.astype(int)
    assert np.abs(one - other).max() <= 1


def test_quality_is_monotone(photo: NDArray[np.uint8]) -> None:
    coded = [mezzotint.encode(photo, quality) for quality in (0, 25, 50, 75, 100)]
    scores = [psnr(photo, mezzotint.decode(data)) for data in coded]
    assert [len(data) for data in coded] == sorted({len(data) for data in coded})
    assert scores == sorted(set(scores))


def test_the_smallest_picture(photo: NDArray[np.uint8]) -> None:
    assert mezzotint.decode(mezzotint.encode(photo[:1, :1])).shape == (1, 1, 3)
    assert mezzotint.decode(mezzotint.encode(photo[:7, :5, 0])).shape == (7, 5)
