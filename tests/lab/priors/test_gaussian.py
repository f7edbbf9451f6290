# SPDX-License-Identifier: Apache-2.0
"""The Gaussian's bits are the closed form; what is known beside y pays; features are checked."""

import math

import pytest
import torch

from mezzotint.lab.priors import normal
from mezzotint.lab.priors.gaussian import PACE, Gaussian


@torch.no_grad()
def test_bits_are_the_closed_form() -> None:
    prior = Gaussian(4).eval()
    prior.constant[0, :, 1] = 1.3 / PACE
    prior.constant[1, :, 2] = 1.7 / PACE
    y = 1.2 * torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = 0.0
    for c, values in enumerate(y[0].double()):
        mean = PACE * prior.constant[0, 0, c].item()
        index = normal.index_of_raw(PACE * prior.constant[1, 0, c, 0, 0]).round().item()
        scale = normal.SCALE_MIN * normal.SCALE_RATIO**index
        off = (values - mean).round() / scale
        half = 0.5 / scale
        mass = torch.special.ndtr(half - off.abs()) - torch.special.ndtr(-half - off.abs())
        expected -= mass.log2().sum().item()
    assert math.isclose(prior(y).bits.item(), expected, rel_tol=1e-4)


@torch.no_grad()
def test_tables_are_the_bits() -> None:
    for index in (0, 7, 30, 63):
        table = normal.tables().tables[index]
        values = torch.arange(table.minimum, table.maximum + 1.0)
        density = normal.Normal(torch.zeros_like(values), torch.full_like(values, index))
        share = torch.from_numpy(table.frequencies[:-1] / 2.0**24).float()
        # The remainder of rounding to 2^24 goes to the likeliest entry: at most one for each entry.
        near = torch.full_like(share, 2e-6).index_fill(0, share.argmax(), len(share) / 2.0**24 + 2e-6)
        off = (torch.exp2(-density.bits(values)) - share).abs()
        assert (off <= near + 2e-3 * share).all()


@torch.no_grad()
@pytest.mark.parametrize("loudness", [1.0, 10.0, 300.0, 1e5])
def test_escapes_cost_what_is_counted(loudness: float) -> None:
    """All scales are 1, so that most symbols of loud latents have no entry."""
    y = loudness * torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    prior = Gaussian(4).eval()
    size = 8 * sum(map(len, prior.compress(y)))
    assert abs(size / prior(y).bits.item() - 1) < 0.01


def test_what_is_known_pays() -> None:
    """Features that tell mean and loudness save bits, and round trips stay exact."""
    torch.manual_seed(0)
    known = torch.randn(4, 2, 16, 16)
    y = 6 * known[:, :1] + torch.exp(1.5 * known[:, 1:]) * torch.randn(4, 4, 16, 16)
    bits = {}
    for features in (0, 2):
        prior, given = Gaussian(4, features), (known,) if features else ()
        optimiser = torch.optim.Adam(prior.parameters(), 0.02)
        for _ in range(150):
            optimiser.zero_grad()
            prior(y, *given).bits.sum().backward()
            optimiser.step()
        prior.eval()
        bits[features] = prior(y, *given).bits.sum().item() / y.numel()
    print(bits)
    assert bits[2] < bits[0] - 1
    chunks = prior.compress(y[:1], known[:1])
    assert torch.equal(prior.decompress(chunks, 16, 16, known[:1]), prior(y[:1], known[:1]).y_hat)


def test_says_which_features_it_wants() -> None:
    y = torch.zeros(1, 4, 8, 8)
    with pytest.raises(ValueError, match="both sides know"):
        Gaussian(4, 2)(y)
    with pytest.raises(ValueError, match="both sides know"):
        Gaussian(4, 2)(y, torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="takes no features"):
        Gaussian(4)(y, y)
    with pytest.raises(ValueError, match="choose 0"):
        Gaussian(4, -1)
