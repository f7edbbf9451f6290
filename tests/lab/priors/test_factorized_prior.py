# SPDX-License-Identifier: Apache-2.0
"""The factorized prior learns a histogram of any shape, which no Gaussian fits."""

import math

import torch

from mezzotint.lab.priors.factorized_prior import FactorizedPrior

VALUES, SHARES = torch.tensor([-7.0, -6.0, 4.0, 9.0]), torch.tensor([0.3, 0.2, 0.1, 0.4])


def test_masses_sum_to_one_and_are_the_bits() -> None:
    torch.manual_seed(0)
    prior = FactorizedPrior(3).eval()
    for p in prior.parameters():
        p.data += 0.2 * torch.randn_like(p)
    values = torch.arange(-300.0, 301.0).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    with torch.no_grad():
        total = torch.exp2(-prior.density.bits(values)).sum((0, 2, 3))
    torch.testing.assert_close(total, torch.ones(3), atol=1e-3, rtol=0)


@torch.no_grad()
def test_tables_are_the_bits() -> None:
    torch.manual_seed(0)
    prior = FactorizedPrior(3).eval()
    for p in prior.parameters():
        p.data += 0.3 * torch.randn_like(p)
    for c, table in enumerate(prior.density.tables().tables):
        values = torch.arange(table.minimum, table.maximum + 1.0)
        bits = prior.density.bits(values.view(1, 1, 1, -1).expand(1, 3, 1, -1))[0, c, 0]
        share = torch.from_numpy(table.frequencies[:-1] / 2.0**24).float()
        torch.testing.assert_close(torch.exp2(-bits), share, atol=2e-5, rtol=2e-3)
        assert 1 - share.sum() < 1e-4


def test_learns_two_hills_to_near_the_entropy() -> None:
    torch.manual_seed(0)
    y = VALUES[torch.multinomial(SHARES, 2048, replacement=True)].view(1, 1, 32, 64)
    prior = FactorizedPrior(1)
    optimiser = torch.optim.Adam(prior.parameters(), 0.03)
    for _ in range(400):
        optimiser.zero_grad()
        prior(y).bits.sum().backward()
        optimiser.step()
    with torch.no_grad():
        bits = prior.eval()(y).bits.item() / y.numel()
    entropy = -(SHARES * SHARES.log2()).sum().item()
    gaussian = math.log2(y.std().item() * math.sqrt(2 * math.pi * math.e))
    print(f"{bits:.3f} bits a symbol; entropy {entropy:.3f}, a Gaussian {gaussian:.3f}")
    assert entropy - 0.05 < bits < entropy + 0.8
    assert bits < gaussian - 1.5
