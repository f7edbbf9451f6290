# SPDX-License-Identifier: Apache-2.0
import itertools

import numpy as np
import torch

from mezzotint.lab.priors import logistic, tables
from mezzotint.lab.priors.factorized import Factorized


def test_bits_are_the_mass_of_the_interval() -> None:
    for index in (5, 20, 40, 60):
        mass = logistic.masses(index, 8)
        bits = logistic.bits(torch.arange(-8, 9).double(), torch.tensor(float(index)))
        seen = mass > 1e-6
        assert torch.allclose(bits[seen], -torch.log2(mass[seen]), atol=1e-4)


def test_masses_sum_to_one() -> None:
    for index in (0, 20, 40):
        assert abs(logistic.masses(index, 3000).sum().item() - 1) < 1e-9


def test_far_tail_still_has_a_gradient() -> None:
    value = torch.tensor([50.0], requires_grad=True)
    logistic.bits(value, torch.tensor([3.0])).backward()
    assert value.grad is not None and value.grad.item() > 0


def test_scale_and_index_are_inverse() -> None:
    index = torch.arange(64.0)
    assert torch.allclose(logistic.index_of(logistic.scale_of(index)), index, atol=1e-3)


def test_y_tables_obey_the_laws() -> None:
    counts = torch.zeros(64, 2 * tables.REACH_MAX + 1)
    counts[:, tables.REACH_MAX] = 1e6
    for made in (tables.y_tables(), tables.y_tables(counts)):
        starts = np.concatenate([[0], np.cumsum(made.lengths)])
        assert starts[-1] == len(made.frequencies)
        assert made.lengths[0] == 1 and made.minima[0] == 0
        for a, b in itertools.pairwise(starts):
            assert made.frequencies[a:b].min() >= 1
            assert made.frequencies[a:b].sum(dtype=np.int64) == tables.TOTAL


def test_counts_move_a_table() -> None:
    counts = torch.zeros(64, 2 * tables.REACH_MAX + 1)
    counts[30, tables.REACH_MAX] = 1e7
    plain, counted = tables.y_tables(), tables.y_tables(counts)
    middle = int(plain.lengths[:30].sum()) - int(plain.minima[30])
    assert counted.frequencies[middle] > plain.frequencies[middle]


def test_coded_size_is_within_one_percent_of_the_bits() -> None:
    from mezzotint import entropy

    made = tables.y_tables()
    coding = entropy.TableSet.from_arrays(made.frequencies, made.lengths, made.minima, escape=True)
    generator = np.random.default_rng(0)
    index = generator.integers(8, 50, 40_000).astype(np.uint8)
    scale = logistic.SCALE_MIN * logistic.SCALE_RATIO ** index.astype(float)
    values = np.rint(generator.logistic(0, scale)).astype(np.int32)
    bits = logistic.bits(torch.from_numpy(values).double(), torch.from_numpy(index).double()).sum().item()
    assert abs(8 * len(entropy.encode(values, index, coding)) / bits - 1) < 0.01


def test_factorized_masses_are_its_bits() -> None:
    torch.manual_seed(0)
    prior = Factorized(3, 2)
    for p in prior.parameters():
        p.data += 0.3 * torch.randn_like(p)
    mass = prior.masses()
    assert mass.shape == (2, 3, 255) and torch.allclose(mass.sum(2), torch.ones(2, 3), atol=1e-3)
    z = torch.full((1, 3, 1, 1), 2.0)
    assert torch.allclose(prior.bits(z, torch.tensor([1])).flatten(), -torch.log2(mass[1, :, 129]), atol=1e-4)
    frequencies = tables.z_tables(prior)
    assert frequencies.min() >= 1 and (frequencies.sum(2, dtype=np.int64) == tables.TOTAL).all()
