# SPDX-License-Identifier: Apache-2.0
"""Cuts cover the picture exactly once, and windows keep to their budget."""

import numpy as np
import pytest

from mezzotint.runtime.tiles import BLOCK, Rect, Window, blocks, pad, tile_grid, windows


def coverage(rows: int, columns: int, cuts: list[Rect]) -> bool:
    count = np.zeros((rows, columns), int)
    for cut in cuts:
        count[cut.rows, cut.columns] += 1
    return bool((count == 1).all())


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (64, 65), (1, 3000), (3000, 1), (1021, 769), (1025, 2048)]
)
@pytest.mark.parametrize("tile_log2", [6, 7, 10, 15])
def test_tiles_cover_once_in_raster_order(height: int, width: int, tile_log2: int) -> None:
    grid = tile_grid(height, width, tile_log2)
    assert coverage(blocks(height), blocks(width), grid)
    side = 1 << tile_log2
    assert len(grid) == -(-height // side) * -(-width // side)  # as the header counts them
    assert [(tile.top, tile.left) for tile in grid] == sorted((tile.top, tile.left) for tile in grid)


@pytest.mark.parametrize("halo", [0, 1, 3])
@pytest.mark.parametrize("budget", [0, 1, 9, 30, 64, 1024])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 47), (47, 1), (5, 7), (13, 31), (64, 64)])
def test_windows_cover_once_and_see_their_halo(rows: int, columns: int, halo: int, budget: int) -> None:
    cuts = windows(rows, columns, halo, budget * BLOCK**2)
    assert coverage(rows, columns, [window.core for window in cuts])
    for window in cuts:
        core, reach = window.core, window.reach
        assert reach.top == max(0, core.top - halo)
        assert reach.left == max(0, core.left - halo)
        assert reach.top + reach.height == min(rows, core.top + core.height + halo)
        assert reach.left + reach.width == min(columns, core.left + core.width + halo)
        if min(rows, 1 + 2 * halo) * min(columns, 1 + 2 * halo) <= budget:
            assert reach.height * reach.width <= budget


def test_a_picture_within_the_budget_is_one_window() -> None:
    whole = Rect(0, 0, 30, 34)
    assert windows(30, 34, 2) == [Window(whole, whole)]


def test_padding_repeats_the_edge() -> None:
    pixels = np.arange(70 * 3, dtype=np.uint8).reshape(70, 1, 3)
    padded = pad(pixels)
    assert padded.shape == (128, 64, 3)
    assert (padded[:70] == pixels).all()
    assert (padded[70:] == pixels[-1]).all()
    whole = np.zeros((64, 128, 3), np.uint8)
    assert pad(whole) is whole
    assert pad(np.zeros((3, 5), np.uint8)).shape == (64, 64)
