# SPDX-License-Identifier: Apache-2.0
"""Counts in whole numbers are the mixture's, rise strictly, and never leave 64 bits; the curve is frozen."""

import hashlib
import math

import numpy as np
import pytest
import torch

from mezzotint.lab.priors.integer_mixture import MEAN_MAX, IntegerMixture, curve, integers, left

FROZEN = "09654a948f69af8a23f7ba7b3f638ddaa0bd60369e9cb057c9d42118ca625abc"


def mixture(weight: list[float], mean: list[float], scale: list[float]) -> IntegerMixture:
    """One symbol."""
    return integers(*(torch.tensor(part)[:, None] for part in (weight, mean, scale)))


def counts(m: IntegerMixture, i: int = 0) -> list[int]:
    """Left ends of all entries of a symbol, and the total."""
    low, size = int(m.low[i]), int(m.size[i])
    return [*(int(left(curve(), m.parts[i], low, size, e)) for e in range(size + 1)), 1 << 24]


def in_unbounded_integers(m: IntegerMixture, i: int, entry: int) -> int:
    """The same count by Python's integers, which do not overflow, from the docstrings alone."""
    low, size, places = int(m.low[i]), int(m.size[i]), curve().tolist()
    total = 0
    for weight, mean, rate in zip(*(row.tolist() for row in m.parts[i]), strict=True):
        place = ((256 * (low + entry) - 128 - mean) * rate) // 2**12  # of 2^-16 scales
        place = min(max(place, -8 * 2**16), 8 * 2**16 - 1) + 8 * 2**16
        step, rest = divmod(place, 512)
        total += weight * (places[step] + (places[step + 1] - places[step]) * rest // 512)
    return entry + total // 2**8 * (2**24 - 16 - size) // 2**38 if entry else 0


HARD = {
    "plain": ([0.2, 0.5, 0.3], [-3.2, 1.4, 60.0], [0.3, 2.0, 9.0]),
    "one component": ([1.0], [0.3], [1.0]),
    "narrowest": ([1.0, 0.0], [0.5, 3.0], [0.0, 0.11]),
    "widest": ([0.4, 0.6], [-10.0, 10.0], [256.0, 1e9]),
    "far apart": ([0.5, 0.5], [-1e9, 1e9], [0.11, 256.0]),
    "unused and far": ([1.0, 1e-9], [0.0, 1e6], [1.0, 256.0]),
    "not finite": ([math.nan, 1.0, 1.0], [math.nan, math.inf, -math.inf], [math.nan, math.inf, 1.0]),
    "not a number": ([1.0], [math.nan], [1.0]),
    "no weight": ([0.0, 0.0], [1.0, 2.0], [1.0, 1.0]),
}


def test_the_curve_is_the_normal_distribution_and_frozen() -> None:
    wanted = [round(2**30 * 0.5 * math.erfc(-j / 128 / math.sqrt(2))) for j in range(-1024, 1025)]
    assert np.abs(curve() - np.array(wanted)).max() <= 1
    assert curve()[0] == 0 and curve()[-1] == 1 << 30 and (np.diff(curve()) >= 0).all()
    assert hashlib.sha256(curve().astype("<i8").tobytes()).hexdigest() == FROZEN


@pytest.mark.parametrize("name", HARD)
def test_counts_rise_strictly_and_are_exact(name: str) -> None:
    m = mixture(*HARD[name])
    assert m.parts[0, 0].sum() == 1 << 16 and m.parts[0, 0].min() >= 0
    assert 1 <= m.size[0] < 1 << 16
    few = sorted({*range(min(600, int(m.size[0]))), int(m.size[0]) // 2, int(m.size[0])})
    for entry in few:
        got = int(left(curve(), m.parts[0], int(m.low[0]), int(m.size[0]), entry))
        assert got == in_unbounded_integers(m, 0, entry)
    if m.size[0] < 5000:
        found = counts(m)
        assert found[0] == 0 and np.diff(found).min() >= 1
        assert found[-1] - found[-2] >= 16, "the escape"


def test_counts_are_those_of_the_mixture() -> None:
    for weight, mean, scale in (
        HARD["plain"],
        HARD["one component"],
        ([0.7, 0.3], [0.4, 0.6], [0.11, 150.0]),
    ):
        m = mixture(weight, mean, scale)
        edges = np.arange(m.low[0] + 1, m.low[0] + m.size[0] + 1) - 0.5
        wanted = sum(
            w * np.array([0.5 * math.erfc((a - e) / s / math.sqrt(2)) for e in edges])
            for w, a, s in zip(weight, mean, scale, strict=True)
        )
        assert np.abs(np.array(counts(m)[1:-1]) / 2**24 - wanted).max() < 0.008  # a mean is rounded to 1/256
        assert wanted[-1] > 1 - 1e-5 and wanted[0] < 0.5


def test_every_value_within_the_reach_has_an_entry() -> None:
    m = mixture([0.5, 0.5], [-7.3, 20.6], [2.0, 0.5])
    assert m.low[0] == math.floor(-7.3 - 9.0) and m.low[0] + m.size[0] - 1 == math.ceil(20.6 + 2.25)
    for far in (-1e6, 1e6):  # a component of no weight has none
        unused = mixture([1.0, 1e-9], [0.0, far], [1.0, 256.0])
        assert (unused.low[0], unused.size[0]) == (-5, 11)
    assert abs(mixture([1.0], [1e9], [0.11]).low[0] - MEAN_MAX) < 3


def test_each_symbol_is_rounded_alike_alone_and_among_others() -> None:
    torch.manual_seed(0)
    many = [torch.rand(3, 40_000).softmax(0), 30 * torch.randn(3, 40_000), torch.rand(3, 40_000) * 20]
    together, one = integers(*many), integers(*(part[:, 33_333:33_334] for part in many))
    assert len(together) == 40_000
    assert np.array_equal(together.parts[33_333], one.parts[0])
    assert (together.low[33_333], together.size[33_333]) == (one.low[0], one.size[0])
    assert (together.parts[:, 0].sum(1) == 1 << 16).all()
