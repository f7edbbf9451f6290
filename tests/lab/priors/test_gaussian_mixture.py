# SPDX-License-Identifier: Apache-2.0
"""A mixture's bits are its tables'; one component is a Gaussian; two hills cost one bit more than the right one."""

import pytest
import torch
from torch import Tensor

from mezzotint.lab.priors import normal
from mezzotint.lab.priors.gaussian_mixture import GaussianMixture, Mixture


def mixture(weight: list[float], mean: list[float], scale: list[float], places: int = 5) -> Mixture:
    return Mixture(
        *(
            torch.tensor(part).view(1, -1, 1, 1, 1).expand(1, -1, 1, 1, places)
            for part in (weight, mean, scale)
        )
    )


def at(value: float, density: Mixture) -> Tensor:
    return density.bits(torch.full(density.shape, value))[0, 0, 0, 0]


def test_bits_are_the_tables() -> None:
    density = mixture([0.2, 0.5, 0.3], [-3.2, 1.4, 60.0], [0.3, 2.0, 9.0])
    (run,) = density.runs()
    table = run.tables.tables[run.numbers[3]]
    share = torch.from_numpy(table.frequencies[:-1] / 2.0**24).float()
    values = torch.arange(table.minimum, table.maximum + 1.0)
    bits = torch.stack([at(v.item(), density) for v in values])
    torch.testing.assert_close(torch.exp2(-bits), share, atol=2e-6, rtol=2e-3)
    assert share.sum() > 0.9999


def test_one_component_is_a_gaussian() -> None:
    index = torch.full((1, 1, 1, 5), 30.0)
    gaussian = normal.Normal(torch.full_like(index, 1.0), index)
    density = mixture([1.0], [1.0], [normal.scale_of(torch.tensor(30.0)).item()])
    value = torch.tensor([-3.0, 0.0, 1.0, 4.0, 9.0]).view(1, 1, 1, 5)
    torch.testing.assert_close(density.bits(value), gaussian.bits(gaussian.residual(value)))


def test_two_hills_cost_one_bit_more() -> None:
    either, left = mixture([0.5, 0.5], [-20.0, 20.0], [1.0, 1.0]), mixture([1.0], [-20.0], [1.0])
    torch.testing.assert_close(at(-20.0, either), at(-20.0, left) + 1)
    assert at(0.0, either) > 20


def test_more_symbols_than_a_chunk_has_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mezzotint.lab.priors.gaussian_mixture.RUN", 100)
    torch.manual_seed(0)
    prior, y = GaussianMixture(4).eval(), 5 * torch.randn(1, 4, 8, 8)
    chunks = prior.compress(y)
    assert len(chunks) == 1 + 3
    assert torch.equal(prior.decompress(chunks, 8, 8), prior(y).y_hat)


def test_refuses_an_empty_mixture() -> None:
    with pytest.raises(ValueError, match="choose 1"):
        GaussianMixture(4, components=0)
