# SPDX-License-Identifier: Apache-2.0
"""The prior of z: per channel a mixture of logistics, one set for each band of qualities (a small bank of tables).

After Balle et al. (ICLR 2018), section 6.1, with a mixture in place of their monotone network: three components
fit the few shapes that z takes and turn into integer tables in closed form.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACH = 127  # z symbols lie in [-REACH, REACH]; docs/format.md, "z tables"


class Factorized(nn.Module):
    """z (B, C, h, w) and a bank index (B,) -> bits, elementwise."""

    def __init__(self, channels: int, banks: int, components: int = 3) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(banks, components, channels))
        self.mean = nn.Parameter(torch.linspace(-1, 1, components)[None, :, None].repeat(banks, 1, channels))
        self.log_scale = nn.Parameter(torch.tensor([0.5, 0.0, 1.0])[None, :, None].repeat(banks, 1, channels))

    def _mass(self, z: Tensor, bank: Tensor) -> Tensor:
        shape = (len(bank), -1, z.shape[1], 1, 1)
        weight = F.softmax(self.logit, 1)[bank].view(shape)  # (B, K, C, 1, 1)
        mean, scale = self.mean[bank].view(shape), self.log_scale[bank].exp().view(shape)
        v = (z[:, None] - mean).abs()
        return (weight * (torch.sigmoid((0.5 - v) / scale) - torch.sigmoid((-0.5 - v) / scale))).sum(1)

    def bits(self, z: Tensor, bank: Tensor) -> Tensor:
        return -torch.log2(self._mass(z, bank).clamp_min(1e-7))

    @torch.no_grad()
    def masses(self) -> Tensor:
        """(banks, C, 2 REACH + 1) probabilities of the integers, float32."""
        banks, _, channels = self.logit.shape
        values = torch.arange(-REACH, REACH + 1, dtype=torch.float32)
        z = values[None, None, :, None].expand(banks, channels, -1, 1)
        return self._mass(z, torch.arange(banks))[..., 0]
