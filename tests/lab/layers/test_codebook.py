# SPDX-License-Identifier: Apache-2.0
"""The codebook follows its vectors by moving averages, begins on data, revives the dead and shrinks by k-means."""

import pytest
import torch

from mezzotint.lab.layers.codebook import Codebook, to_planes, to_rows


def started(codes: int, width: int, decay: float) -> Codebook:
    torch.manual_seed(0)
    book = Codebook(codes, width, decay)
    book.start(torch.randn(500, width))
    return book


def test_moves_by_the_averages_of_sums_and_counts() -> None:
    """The plain form: average the sums and the counts apart, divide at the end."""
    book = started(8, 3, 0.9)
    counts = book.counts.double().clone()
    sums = book.vectors.double() * counts[:, None]
    for _ in range(5):
        rows = torch.randn(300, 3)
        index = book.nearest(rows)
        book.follow(rows, index)
        hot = torch.nn.functional.one_hot(index, 8).double()
        counts = 0.9 * counts + 0.1 * hot.sum(0)
        sums = 0.9 * sums + 0.1 * hot.T @ rows.double()
        torch.testing.assert_close(book.counts.double(), counts, atol=1e-4, rtol=1e-5)
        torch.testing.assert_close(book.vectors.double(), sums / counts[:, None], atol=1e-5, rtol=1e-4)


def test_without_memory_a_step_is_one_of_lloyds() -> None:
    book = started(6, 2, 0.0)
    rows = torch.randn(200, 2)
    index = book.nearest(rows)
    book.follow(rows, index)
    for k in index.unique().tolist():
        torch.testing.assert_close(book.vectors[k], rows[index == k].mean(0), atol=1e-5, rtol=1e-5)


def test_begins_on_clusters_of_the_first_vectors_only() -> None:
    torch.manual_seed(0)
    middles = 40 * torch.eye(10)
    # Of vectors drawn at random, the small clusters would get no code.
    sizes = torch.tensor([80, 30, 15, 10, 5, 5, 4, 4, 4, 3])
    rows = middles.repeat_interleave(sizes, 0) + 0.1 * torch.randn(160, 10)
    book = Codebook(10, 10)
    book.start(rows)
    assert torch.cdist(middles, book.vectors).amin(1).max() < 0.3
    assert book.counts.tolist() == [16.0] * 10
    before = book.vectors.clone()
    book.start(torch.randn(30, 10))
    assert torch.equal(book.vectors, before)


def test_begins_near_the_vectors_where_they_are_few() -> None:
    torch.manual_seed(0)
    book, rows = Codebook(64, 4), 7 * torch.randn(5, 4)
    book.start(rows)
    assert torch.cdist(book.vectors, rows).amin(1).max() < 0.5
    assert len(book.vectors.unique(dim=0)) == 64


def test_dead_codes_start_again_on_vectors() -> None:
    torch.manual_seed(0)
    book = started(32, 3, 0.5)
    book.vectors[8:] = 1000.0  # nothing will ever choose these
    for _ in range(40):
        rows = torch.randn(400, 3)
        book.follow(rows, book.nearest(rows))
        assert (book.counts > 0.02 * book.counts.mean()).all(), (
            "a code that started again has its time to be chosen"
        )
    assert book.vectors.abs().max() < 10
    assert len(book.nearest(torch.randn(4000, 3)).unique()) == 32


def test_codes_in_use_are_not_restarted() -> None:
    """A code far rarer than the rest, but not dead, stays where its vectors are."""
    torch.manual_seed(0)
    book = started(2, 1, 0.9)
    book.vectors.copy_(torch.tensor([[0.0], [50.0]]))
    for _ in range(200):
        rows = torch.cat([torch.zeros(95, 1), torch.full((5, 1), 50.0)])
        book.follow(rows, book.nearest(rows))
    assert book.vectors.flatten().tolist() == pytest.approx([0.0, 50.0])


def test_learns_nothing_from_what_is_not_finite_or_not_there() -> None:
    book = started(8, 3, 0.9)
    before = {k: v.clone() for k, v in book.state_dict().items()}
    bad = torch.randn(20, 3)
    bad[4, 1] = torch.nan
    book.follow(bad, book.nearest(bad))
    book.follow(bad[:0], torch.zeros(0, dtype=torch.int64))
    assert all(torch.equal(v, before[k]) for k, v in book.state_dict().items())
    fresh = Codebook(8, 3)
    fresh.start(bad)
    assert not fresh.started


def test_clustering_weighs_codes_by_their_use() -> None:
    book = started(4, 1, 0.9)
    book.vectors.copy_(torch.tensor([[0.0], [1.0], [100.0], [101.0]]))
    book.counts.copy_(torch.tensor([30.0, 10.0, 5.0, 5.0]))
    small = book.recluster(2)
    order = small.vectors.flatten().argsort()
    torch.testing.assert_close(small.vectors.flatten()[order], torch.tensor([0.25, 100.5]), atol=1e-3, rtol=0)
    assert small.counts[order].tolist() == [40.0, 10.0] and small.started and small.decay == 0.9


def test_what_cannot_be_clustered() -> None:
    with pytest.raises(ValueError, match="train it"):
        Codebook(8, 2).recluster(4)
    for size in (0, 9):
        with pytest.raises(ValueError, match="choose 1 to 8"):
            started(8, 2, 0.9).recluster(size)


def test_rows_and_planes_are_inverse() -> None:
    x = torch.randn(2, 5, 3, 4)
    rows = to_rows(x)
    assert rows.shape == (24, 5) and torch.equal(rows[13], x[1, :, 0, 1])
    assert torch.equal(to_planes(rows, x), x)
