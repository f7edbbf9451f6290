# SPDX-License-Identifier: Apache-2.0
"""What each step of a prior costs, and what it costs when a part of it is silent or speaks of another picture.

For questions to trained weights, not for training. The trap: the others have learned to lean on the part, and miss it
more than if it never had been there; so the answer says where a part is heard, and bounds what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mezzotint.lab.priors.coding import Density, Estimate, Pick
from mezzotint.lab.priors.entropy_model import EntropyModel


class PerStep(Estimate):
    """Counts bits like a file, and keeps them for every step: ``steps``. Also symbols, and those that are ``sent``."""

    def __init__(self, y: Tensor) -> None:
        super().__init__(y, training=False)
        self.steps: list[float] = []
        self.symbols = self.sent = 0

    def __call__(self, pick: Pick, density: Density) -> Tensor:
        before = self.bits
        out = super().__call__(pick, density)
        self.steps.append(float((self.bits - before).sum()))
        sent = getattr(density, "sent", None)  # see selective.py
        self.symbols += out.numel()
        self.sent += out.numel() if sent is None else int(sent.sum())
        return out


@torch.no_grad()
def counted(prior: EntropyModel, y: Tensor) -> PerStep:
    """y (B, C, h, w) through a prior in evaluation."""
    count = PerStep(y)
    prior.walk(count)
    return count


@contextmanager
def silenced(part: nn.Module) -> Iterator[None]:
    """The part gives zeros."""
    handle = part.register_forward_hook(lambda _, __, output: torch.zeros_like(output))
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def swapped(part: nn.Module) -> Iterator[None]:
    """The part gives each y of a batch what belongs to the one before it; of a single y nothing changes."""
    handle = part.register_forward_hook(lambda _, __, output: output.roll(1, 0))
    try:
        yield
    finally:
        handle.remove()
