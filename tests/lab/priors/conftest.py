# SPDX-License-Identifier: Apache-2.0
"""What tests of several priors ask: where the bits go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mezzotint.lab.priors.coding import Estimate
from mezzotint.lab.priors.entropy_model import EntropyModel


class PerStep(Estimate):
    """Keeps the bits of every step."""

    def __call__(self, pick, density) -> Tensor:
        before = self.bits
        out = super().__call__(pick, density)
        self.steps = [*getattr(self, "steps", []), (self.bits - before).sum().item()]
        return out


@torch.no_grad()
def _steps(prior: EntropyModel, y: Tensor) -> list[float]:
    count = PerStep(y, training=False)
    prior.eval().walk(count)
    return count.steps


@pytest.fixture(scope="session")
def bits_of_steps() -> Callable[[EntropyModel, Tensor], list[float]]:
    """(prior, y) -> what each step of it costs in evaluation."""
    return _steps
