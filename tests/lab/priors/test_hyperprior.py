# SPDX-License-Identifier: Apache-2.0
"""The side path learns where y is loud, and the scales follow it."""

import torch
from torch import Tensor

from mezzotint.lab.priors.coding import Estimate
from mezzotint.lab.priors.hyperprior import Hyperprior


def patchwork(seed: int) -> tuple[Tensor, Tensor]:
    """Latents that are ten times as loud in some 8 x 8 patches, and where."""
    g = torch.Generator().manual_seed(seed)
    loud = (torch.rand(4, 1, 4, 4, generator=g) < 0.5).repeat_interleave(8, 2).repeat_interleave(8, 3)
    return torch.randn(4, 4, 32, 32, generator=g) * torch.where(loud, 10.0, 1.0), loud


class Watch(Estimate):
    """Keeps the last step's table indices."""

    def __call__(self, pick, density) -> Tensor:
        self.index = getattr(density, "index", None)
        return super().__call__(pick, density)


def test_scales_follow_the_loudness() -> None:
    torch.manual_seed(0)
    prior = Hyperprior(4)
    optimiser = torch.optim.Adam(prior.parameters(), 5e-3)
    for step in range(200):
        optimiser.zero_grad()
        prior(patchwork(step)[0]).bits.sum().backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 1e4)
        optimiser.step()
    y, loud = patchwork(1000)
    watch = Watch(y, training=False)
    with torch.no_grad():
        prior.eval().walk(watch)
    loud = loud.expand_as(watch.index)
    apart = (watch.index[loud].mean() - watch.index[~loud].mean()).item()
    print(f"{apart:.1f} indices apart; 18.7 would be a factor of ten")
    assert apart > 8
