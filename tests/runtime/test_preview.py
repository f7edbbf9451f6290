# SPDX-License-Identifier: Apache-2.0
"""The shipped preview against the whole decoder: a picture at 1/8 from z and the first group, tile after tile."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.bundle import default
from mezzotint.runtime.encode import quantise_tile
from mezzotint.runtime.latents import Model, dequantise_tile, open_model, y_part
from mezzotint.runtime.tiles import tile_grid

LEAST = {0: 34.5, 410: 36, 1228: 37.5, 3071: 38.5, 4095: 38.5}  # quality 0..4095 -> dB on the example


@pytest.fixture(scope="module")
def shipped() -> Model:
    return open_model(default(), 1)


def both(
    model: Model, pixels: NDArray[np.uint8], quality: int, tile_log2: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(preview, decoded pixels averaged over 8x8), (H/8, W/8, 3); sides multiples of 64."""
    height, width, _ = pixels.shape
    y = model.run("analysis", quality, (384, height // 16, width // 16), pixels=pixels[None])
    y_hat, preview = np.empty_like(y), np.empty((height // 8, width // 8, 3), np.uint8)
    for tile in tile_grid(height, width, tile_log2):
        latents = quantise_tile(y[y_part(tile)], tile, quality, model)
        y_hat[y_part(tile)] = dequantise_tile(latents, quality, model)
        first = {"symbols": latents.symbols[:32], "z_hat": latents.z_hat}
        feeds = {name: array.astype(np.float32)[None] for name, array in first.items()}
        part = tile.scaled(8)
        shape = part.height, part.width, 3
        preview[part.rows, part.columns] = model.run("preview", quality, shape, **feeds)[0]
    decoded = model.run("synthesis", quality, pixels.shape, y_hat=y_hat)[0]
    means = decoded.reshape(height // 8, 8, width // 8, 8, 3).mean((1, 3), dtype=np.float32)
    return preview.astype(np.float32), means


@pytest.fixture
def blocks(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whole blocks of the example, (192, 320, 3)."""
    return np.ascontiguousarray(photo[:192, :320])


@pytest.mark.parametrize(("quality", "least"), LEAST.items())
def test_a_preview_is_the_decoded_picture_made_small(
    shipped: Model, blocks: NDArray[np.uint8], quality: int, least: float
) -> None:
    preview, means = both(shipped, blocks, quality, 10)
    assert 10 * np.log10(255**2 / np.square(preview - means).mean()) > least


@pytest.mark.parametrize(("quality", "most"), [(410, 5.0), (3071, 1.7)])
def test_seams_between_tiles_hardly_show(
    shipped: Model, blocks: NDArray[np.uint8], quality: int, most: float
) -> None:
    """The squared error beside the borders of tiles of 128 pixels, over what is there in a single tile.

    A tile does not see its neighbours, by which a coarse picture is smoothed when it is decoded whole.
    """
    cut, whole = (both(shipped, blocks, quality, tile_log2) for tile_log2 in (7, 10))
    beside = np.zeros((24, 40), bool)
    beside[15:17] = beside[:, 15:17] = beside[:, 31:33] = True
    errors = [np.square(preview - means)[beside].mean() for preview, means in (cut, whole)]
    assert errors[0] < most * errors[1]


def test_a_grey_picture_gives_grey_pixels(shipped: Model, blocks: NDArray[np.uint8]) -> None:
    grey = np.repeat(blocks[..., 1:2], 3, 2)
    preview, means = both(shipped, grey, 3071, 10)
    assert np.ptp(preview, axis=2).mean() < 2
    assert np.ptp(means, axis=2).mean() < 2  # the decoded picture is not grey to the last digit either
