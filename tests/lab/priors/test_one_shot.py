# SPDX-License-Identifier: Apache-2.0
"""No float chooses a table: other means move y_hat by their difference, and every symbol is still read."""

import numpy as np
import torch

from mezzotint.intnet import ScaleMap
from mezzotint.lab.priors.one_shot import Logistic, OneShot


def stirred() -> OneShot:
    torch.manual_seed(0)
    prior = OneShot(8, width=4).eval()
    prior.analysis[4].weight.data *= 20  # so that z is not all zeros
    return prior


@torch.no_grad()
def test_a_drift_of_the_means_loses_nothing() -> None:
    prior, y = stirred(), 10 * torch.randn(1, 8, 16, 16)
    chunks, before = prior.compress(y), prior(y).y_hat
    prior.mean.bias += 0.37  # far more than machines differ by
    drifted = prior.decompress(chunks, 16, 16)
    torch.testing.assert_close(drifted, before + 0.37, atol=1e-4, rtol=1e-5)


@torch.no_grad()
def test_indices_are_the_codec_integers_and_near_the_twin() -> None:
    prior = stirred()
    z = torch.randint(-127, 128, (2, 4, 3, 2)).float()
    found = prior.index(z)
    weight, bias, offset = (part.numpy() for part in prior.scale_map.integers())
    exact = ScaleMap(weight.astype(np.int8), bias.astype(np.int32), offset.astype(np.int32))
    assert np.array_equal(found[1].numpy(), exact(z[1].numpy().astype(np.int32), 0))
    twin = prior.train().index(z)
    assert (twin - found).abs().max() < 0.7
    assert found.unique().numel() > 5


def test_the_certain_table_takes_zeros_only() -> None:
    residual = torch.tensor([5.0, -0.4, 2.2])
    density = Logistic(torch.zeros(3), torch.tensor([0.0, 1.0, 9.0]))
    assert density.rounded(residual).tolist() == [0.0, 0.0, 2.0]


@torch.no_grad()
def test_z_stays_within_the_bound_that_the_map_is_proved_for() -> None:
    prior = stirred()
    prior.analysis[4].weight.data *= 1000
    y = 10 * torch.randn(1, 8, 8, 8)
    assert prior.analysis(y).abs().max() > 127
    assert torch.equal(prior.decompress(prior.compress(y), 8, 8), prior(y).y_hat)
