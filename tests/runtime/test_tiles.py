# SPDX-License-Identifier: Apache-2.0
"""Cuts cover the picture exactly once, and windows keep to their budget."""

import numpy as np
import pytest

from mezzotint.runtime.tiles import BLOCK, WINDOW_PIXELS, Rect, Window, bands, blocks, cut, tile_grid, windows


def coverage(rows: int, columns: int, cuts: list[Rect]) -> bool:
    count = np.zeros((rows, columns), int)
    for one in cuts:
        count[one.rows, one.columns] += 1
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


@pytest.mark.parametrize("budget", [1, 9, 25, 64])
@pytest.mark.parametrize("area", [Rect(0, 0, 1, 1), Rect(3, 2, 5, 9), Rect(12, 0, 1, 31), Rect(0, 30, 13, 1)])
def test_windows_cover_an_area_once_and_may_look_beyond_it(area: Rect, budget: int) -> None:
    rows, columns, halo = 13, 31, 2
    cuts = windows(rows, columns, halo, budget * BLOCK**2, area)
    counts = np.zeros((rows, columns), int)
    for window in cuts:
        counts[window.core.rows, window.core.columns] += 1
        assert window.reach.top == max(0, window.core.top - halo)
        assert window.reach.left + window.reach.width == min(
            columns, window.core.left + window.core.width + halo
        )
    expected = np.zeros_like(counts)
    expected[area.rows, area.columns] = 1
    assert (counts == expected).all()
    if budget >= 25:  # room for a block and its halo
        assert all(window.reach.height * window.reach.width <= budget for window in cuts)
    seen = min(rows, area.height + 2 * halo) * min(columns, area.width + 2 * halo)
    assert len(cuts) == 1 or seen > budget


@pytest.mark.parametrize(("height", "width"), [(1, 1), (64, 9000), (9000, 64), (3000, 2500), (5000, 5000)])
@pytest.mark.parametrize("tile_log2", [6, 9, 10, 12])
def test_bands_are_whole_rows_of_tiles(height: int, width: int, tile_log2: int) -> None:
    grid = tile_grid(height, width, tile_log2)
    found = bands(grid)
    assert [tile for _, members in found for tile in members] == grid
    assert coverage(blocks(height), blocks(width), [band for band, _ in found])
    least = min(16, blocks(height))
    for band, members in found[:-1]:
        assert least <= band.height < max(least, members[0].height) + members[0].height
        assert band.width == blocks(width)
    if blocks(height) * blocks(width) * BLOCK**2 <= WINDOW_PIXELS:
        assert len(found) == 1  # the network sees it whole


def test_cutting_repeats_the_edge() -> None:
    pixels = np.arange(70 * 3, dtype=np.uint8).reshape(70, 1, 3)
    padded = cut(pixels, Rect(0, 0, 2, 1))
    assert padded.shape == (128, 64, 3)
    assert (padded[:70] == pixels).all()
    assert (padded[70:] == pixels[-1]).all()
    assert (cut(pixels, Rect(1, 0, 1, 1)) == padded[64:]).all()
    whole = np.zeros((64, 128, 3), np.uint8)
    assert np.shares_memory(cut(whole, Rect(0, 0, 1, 2)), whole)
    assert cut(np.zeros((3, 5), np.uint8), Rect(0, 0, 1, 1)).shape == (64, 64)
