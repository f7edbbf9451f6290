# SPDX-License-Identifier: Apache-2.0
"""k-means: centres are the means of what is nearest to them, found again from run to run."""

import torch

from mezzotint.lab.layers.kmeans import kmeans, nearest


def clusters(count: int, each: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """``count`` tight clusters of ``each`` points far apart, and their middles."""
    g = torch.Generator().manual_seed(seed)
    middles = 20 * torch.randn(count, 5, generator=g)
    points = middles.repeat_interleave(each, 0) + 0.1 * torch.randn(count * each, 5, generator=g)
    return points[torch.randperm(len(points), generator=g)], middles


def test_nearest_is_the_nearest() -> None:
    torch.manual_seed(0)
    points, centres = torch.randn(20_000, 6), torch.randn(33, 6)  # more than one chunk
    assert torch.equal(nearest(points, centres), torch.cdist(points.double(), centres.double()).argmin(1))


def test_finds_clusters() -> None:
    points, middles = clusters(12, 40)
    centres = kmeans(points, torch.ones(len(points)), 12)
    assert torch.cdist(middles, centres).amin(1).max() < 0.15


def test_centres_are_means_of_their_points() -> None:
    points = torch.randn(400, 3, generator=torch.Generator().manual_seed(1))
    weights = torch.rand(400, generator=torch.Generator().manual_seed(2)) + 0.1
    centres = kmeans(points, weights, 7)
    index = nearest(points, centres)
    for k in range(7):
        mine, w = points[index == k], weights[index == k, None]
        torch.testing.assert_close(centres[k], (mine * w).sum(0) / w.sum(), atol=1e-5, rtol=1e-5)


def test_a_heavy_point_draws_its_centre() -> None:
    points = torch.tensor([[0.0], [1.0], [100.0], [101.0]])
    centres = kmeans(points, torch.tensor([9.0, 1.0, 1.0, 9.0]), 2).flatten().sort().values
    torch.testing.assert_close(centres, torch.tensor([0.1, 100.9]))


def test_repeats_itself_and_leaves_the_random_state() -> None:
    points, _ = clusters(5, 30)
    state = torch.get_rng_state()
    first = kmeans(points, torch.ones(len(points)), 9)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert torch.equal(kmeans(points, torch.ones(len(points)), 9), first)


def test_fewer_different_points_than_centres() -> None:
    points = torch.tensor([[1.0, 2.0]]).repeat(6, 1)
    centres = kmeans(points, torch.ones(6), 4)
    assert centres.shape == (4, 2) and torch.equal(centres, points[:4])


def test_as_many_centres_as_points() -> None:
    points, _ = clusters(3, 4)
    centres = kmeans(points, torch.ones(12), 12)
    assert torch.equal(centres[nearest(points, centres)], points)
