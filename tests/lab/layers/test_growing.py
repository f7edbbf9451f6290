# SPDX-License-Identifier: Apache-2.0
"""Scales of growing counts: prefixes decode, and each comes nearer."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.layers.growing import GrowingResidual

COUNTS = (1, 3, 8)


@pytest.fixture(scope="module")
def fitted() -> GrowingResidual:
    torch.manual_seed(0)
    scales = GrowingResidual(8, COUNTS, 16, 4).train()
    for _ in range(3):
        scales(torch.randn(40, 8, 4))
    return scales.eval()


def test_each_scale_has_its_count(fitted: GrowingResidual) -> None:
    indices, _ = fitted(torch.randn(2, 8, 4))
    assert [tuple(index.shape) for index in indices] == [(2, n) for n in COUNTS]
    assert all(0 <= index.min() and index.max() < fitted.alphabet for index in indices)


def test_every_prefix_is_restored_bit_for_bit(fitted: GrowingResidual) -> None:
    indices, prefixes = fitted(torch.randn(2, 8, 4))
    for k, prefix in enumerate(prefixes, 1):
        assert torch.equal(fitted.restore(indices[:k]), prefix)


@pytest.mark.parametrize("loudness", [0.01, 1.0, 100.0])
def test_no_scale_takes_a_sequence_farther_away(fitted: GrowingResidual, loudness: float) -> None:
    z = loudness * torch.randn(20, 8, 4, generator=torch.Generator().manual_seed(1))
    _, prefixes = fitted(z)
    errors = torch.stack([(z - p).square().sum((1, 2)) for p in (torch.zeros_like(z), *prefixes)])
    assert (errors.diff(dim=0) <= 1e-4 * loudness**2).all()


def test_pooled_is_the_mean_of_runs_of_nearly_equal_length(fitted: GrowingResidual) -> None:
    z = torch.randn(2, 8, 4)
    runs = [z[:, :3].mean(1), z[:, 3:6].mean(1), z[:, 6:].mean(1)]
    torch.testing.assert_close(fitted.pooled(z, 1), torch.stack(runs, 1))


@pytest.mark.parametrize("counts", [(), (0, 4), (4, 9)])
def test_counts_that_make_no_scales_are_refused(counts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="choose from 1 to 8"):
        GrowingResidual(8, counts, 16, 4)
