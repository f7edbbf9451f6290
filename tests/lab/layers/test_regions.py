# SPDX-License-Identifier: Apache-2.0
import torch

from mezzotint.lab.layers.regions import GRID, grid_map, prototypes, resized


def test_maps_are_read_at_the_same_place_at_any_size() -> None:
    grid = resized(grid_map(), 9, 20)
    assert grid.shape == (1, 9, 20)
    for y in range(9):
        for x in range(20):
            assert grid[0, y, x] == y * GRID // 9 * GRID + x * GRID // 20
    fine = torch.randint(0, 5, (2, 8, 6))
    assert torch.equal(resized(fine, 8, 6), fine)
    assert torch.equal(resized(fine, 4, 3), fine[:, ::2, ::2])


def test_prototypes_are_means_over_regions() -> None:
    torch.manual_seed(0)
    x, regions = torch.randn(2, 3, 6, 5), torch.randint(0, 4, (2, 6, 5))
    regions[0][regions[0] == 2] = 3  # a number that no cell of this picture has
    found = prototypes(x, regions)
    for picture in range(2):
        for region in regions[picture].unique():
            cells = regions[picture] == region
            mean = x[picture][:, cells].mean(1)
            torch.testing.assert_close(found[picture][:, cells], mean[:, None].expand(-1, int(cells.sum())))


def test_one_map_serves_a_batch() -> None:
    x = torch.randn(3, 2, 8, 8)
    torch.testing.assert_close(prototypes(x, grid_map()), prototypes(x, grid_map().expand(3, -1, -1)))
    pooled = torch.nn.functional.adaptive_avg_pool2d(x, GRID).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(prototypes(x, grid_map()), pooled)
