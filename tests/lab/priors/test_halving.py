# SPDX-License-Identifier: Apache-2.0
"""Tokens with masses of their own go through one stack and come back, at nearly their cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.entropy import TOTAL
from mezzotint.errors import DamagedFile
from mezzotint.lab.priors import buckets
from mezzotint.lab.priors.halving import GRID, RATIO, Counter, Reader, Writer

STEPS, ROWS, SIZE = 7, 500, 64


@pytest.fixture(scope="module")
def given() -> tuple[np.ndarray, np.ndarray]:
    """Masses (STEPS, ROWS, SIZE) of very different sharpness, and tokens drawn from them."""
    rng = np.random.default_rng(0)
    sharp = rng.uniform(0.1, 4, (STEPS, ROWS, 1))
    masses = np.floor(2.0**30 * np.exp(sharp * rng.normal(size=(STEPS, ROWS, SIZE)))) + 1
    below = np.cumsum(masses / masses.sum(2, keepdims=True), 2)
    tokens = (rng.random((STEPS, ROWS, 1)) > below).sum(2).clip(0, SIZE - 1)
    return masses, tokens.T.copy()


def written(masses: np.ndarray, tokens: np.ndarray) -> bytes:
    writer = Writer(tokens)
    for step in masses:
        writer(step)
    return writer.chunk()


def test_what_is_written_is_read(given: tuple[np.ndarray, np.ndarray]) -> None:
    masses, tokens = given
    reader = Reader(written(masses, tokens))
    assert np.array_equal(np.stack([reader(step) for step in masses], 1), tokens)
    reader.close()


def test_the_grid_costs_next_to_nothing(given: tuple[np.ndarray, np.ndarray]) -> None:
    """Against -log2 of the masses, which is counted here anew; and the chunk is what the counter says."""
    masses, tokens = given
    counter = Counter(tokens)
    for step in masses:
        counter(step)
    taken = np.take_along_axis(masses, tokens.T[..., None], 2)[..., 0]
    ideal = -np.log2(taken / masses.sum(2)).sum()
    assert counter.ideal == pytest.approx(ideal, rel=1e-12)
    assert abs(counter.coded - ideal) < 0.002 * tokens.size
    assert 0 <= 8 * len(written(masses, tokens)) - counter.coded < 64 + 32


def test_shares_go_to_the_nearest_odds() -> None:
    shares = np.linspace(1e-9, 1 - 1e-9, 9999)
    found = np.array([t.frequencies[0] for t in GRID.tables.tables])[GRID.number(shares)] / TOTAL
    inside = (shares > 2e-5) & (shares < 1 - 2e-5)
    ratio = (shares / (1 - shares) * (1 - found) / found)[inside]
    assert ratio.max() < RATIO**0.52 and ratio.min() > RATIO**-0.52
    lost = shares * np.log2(shares / found) + (1 - shares) * np.log2((1 - shares) / (1 - found))
    assert 0 <= lost.mean() < 2e-4 and lost.max() < 1e-3


def test_other_bytes_are_refused(given: tuple[np.ndarray, np.ndarray]) -> None:
    masses, tokens = given
    chunk = written(masses, tokens)
    for wrong in (b"", chunk[:-1], chunk + bytes(4), bytes(4)):
        with pytest.raises(DamagedFile):
            Reader(wrong)
    for wrong in (chunk[4:], chunk[:-4], chunk + chunk[-4:], bytes([chunk[0] ^ 1]) + chunk[1:]):
        with pytest.raises(DamagedFile):
            reader = Reader(wrong)
            for step in masses:
                reader(step)
            reader.close()


def test_every_value_has_its_token() -> None:
    values = np.arange(-buckets.LIMIT + 1, buckets.LIMIT)
    tokens, rest = buckets.to_tokens(values)
    assert (np.diff(tokens) >= 0).all() and tokens.min() == 0 and tokens.max() == 62
    assert (rest >= 0).all() and (rest < 1 << buckets.bits(tokens)).all()
    assert np.array_equal(buckets.to_values(tokens, rest), values)
    with pytest.raises(ValueError, match="give"):
        buckets.to_tokens(np.array([buckets.LIMIT]))


@pytest.mark.parametrize("scale", [0.3, 4.0, 60.0])
def test_laplace_masses_are_those_of_the_values(scale: float) -> None:
    values = np.arange(-buckets.LIMIT + 1, buckets.LIMIT)
    mass = np.exp(-np.abs(values) / scale)
    wanted = np.bincount(buckets.to_tokens(values)[0], mass / mass.sum(), 64)
    np.testing.assert_allclose(buckets.laplace(np.array(scale)), wanted, rtol=1e-9, atol=1e-15)
