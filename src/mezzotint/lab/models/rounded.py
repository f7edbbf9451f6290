# SPDX-License-Identifier: Apache-2.0
"""A network whose weights are whole numbers of steps, one step a tensor; differentiable, so that it can be tuned.

    weight --- / step --- round (gradients pass) --- * step --- network        codes --- normal of their own mean and
                 \\------------------------------------------------------------------- spread --- bits of all weights

"NeRV: Neural Representations for Videos" (Chen et al., NeurIPS 2021) for steps from the largest weight of a tensor;
"Boosting Neural Representations for Videos with a Conditional Decoder" (Zhang et al., CVPR 2024), section 3.5, for the
bits: the density has no network and is that of the tensor itself, so it means the same in training and in the file. The
trap: with bits in the loss a step may grow until a layer is all zeros; only the picture's loss holds it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.priors import normal

SPARE = 2  # bits more for vectors: they are few, and every output of a channel hangs on them
FINEST, COARSEST = 2.0**-13, 2.0**4  # steps; half precision holds them
FARTHEST = 1 << 15  # codes


@dataclass(frozen=True, eq=False)
class Weights:
    """What is sent of a network: ``steps`` (K,) and the codes of its K parameters, flat, in their order."""

    steps: NDArray[np.float16]
    codes: tuple[NDArray[np.int32], ...]


class Rounded(nn.Module):
    """``of`` with rounded weights: steps such that a tensor's largest weight has ``bits`` bits, its sign included."""

    def __init__(self, of: nn.Module, bits: int) -> None:
        super().__init__()
        self.of = of
        most = [2 ** (bits - 1 + (SPARE if p.ndim < 2 else 0)) - 1 for p in of.parameters()]
        steps = [p.detach().abs().max() / m for p, m in zip(of.parameters(), most, strict=True)]
        self.log_steps = nn.Parameter(torch.stack(steps).clamp(FINEST, COARSEST).log2())

    def forward(self, *inputs: Tensor) -> Tensor:
        found: Tensor = functional_call(self.of, self._rounded(), inputs)
        return found

    def bits(self, generator: torch.Generator) -> Tensor:
        """An estimate () of what all codes cost, rounding taken as uniform noise."""
        total = torch.zeros(())
        for value in self._codes().values():
            scale = value.std(correction=0).clamp_min(normal.SCALE_MIN)
            noise = torch.rand(value.shape, generator=generator) - 0.5
            residual = value + noise - value.mean()
            found = normal.mass(residual, scale)
            inside = -torch.log2(found.clamp_min(normal.FLOOR))
            total = (
                total + torch.where(found > normal.FLOOR, inside, normal.tail(residual.abs() / scale)).sum()
            )
        return total

    @torch.no_grad()
    def weights(self) -> Weights:
        """What is sent."""
        codes = (value.round().clamp(-FARTHEST, FARTHEST) for value in self._codes().values())
        return Weights(
            self._steps().half().numpy(), tuple(code.flatten().to(torch.int32).numpy() for code in codes)
        )

    def _steps(self) -> Tensor:
        steps = self.log_steps.exp2().clamp(FINEST, COARSEST)
        return straight_through(steps, steps.half().float())  # as they are sent

    def _codes(self) -> dict[str, Tensor]:
        named = self.of.named_parameters()
        return {name: p / step for (name, p), step in zip(named, self._steps(), strict=True)}

    def _rounded(self) -> Mapping[str, Tensor]:
        codes = self._codes().items()
        return {n: straight_through(v, v.round()) * s for (n, v), s in zip(codes, self._steps(), strict=True)}


@torch.no_grad()
def restore(network: nn.Module, weights: Weights) -> nn.Module:
    """``network`` with these weights, in evaluation."""
    steps = torch.from_numpy(weights.steps.astype(np.float32))
    for p, step, code in zip(network.parameters(), steps, weights.codes, strict=True):
        p.copy_(torch.from_numpy(code).float().view(p.shape) * step)
    return network.eval()
