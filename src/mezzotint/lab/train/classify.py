# SPDX-License-Identifier: Apache-2.0
"""Train a classifier for some hundred steps, and ask it: for codecs whose pictures a machine reads.

AdamW with warm-up and decay to zero; which batch comes at a step is the caller's. The trap: the same network asked in
training mode would norm by the batch that it is asked about, so all here asks in evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import Labelled
from mezzotint.lab.layers.precision import bf16_pays

RATE = 3e-3
BATCH = 64  # inputs at once where many are asked about

Batches = Callable[[int], tuple[Tensor, Tensor]]  # step -> inputs (B, ...), classes (B,)


def pace(step: int, steps: int) -> float:
    """Factor on the rate: warm-up for a tenth of the steps, 20 at most, and linear decay over the second half."""
    warm = max(1, min(20, steps // 10))
    return min(1.0, (step + 1) / warm, (steps - step) / max(1.0, 0.5 * steps))


def of_tiles(crops: Crops, seed: int) -> Batches:
    """Labelled tiles, two batches of other textures for each batch of the crops."""
    painted = Labelled(crops, seed), Labelled(crops, seed + 1)

    def batch(step: int) -> tuple[Tensor, Tensor]:
        labels = painted[step % 2].at(step // 2)
        return labels.x, labels.classes

    return batch


def fit(model: nn.Module, batches: Batches, steps: int, seed: int, rate: float = RATE) -> None:
    """Cross-entropy on ``batches`` 0 .. steps - 1; leaves ``model`` in evaluation."""
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01, fused=True)
    model.train()
    for step in range(steps):
        inputs, classes = batches(step)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16_pays("cpu")):
            logits = model(inputs)
        optimiser.zero_grad()
        F.cross_entropy(logits.float(), classes).backward()
        optimiser.param_groups[0]["lr"] = rate * pace(step, steps)
        optimiser.step()
    model.eval()


@torch.no_grad()
def asked(call: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """``call`` on all inputs, BATCH at a time."""
    return torch.cat([call(part) for part in inputs.split(BATCH)])


def accuracy(model: nn.Module, inputs: Tensor, classes: Tensor) -> float:
    """Share of right answers, 0..1."""
    return (asked(model, inputs).argmax(1) == classes).float().mean().item()


def standard_error(share: float, count: int) -> float:
    """Of a share that was counted on ``count`` samples: sqrt(p (1 - p) / n)."""
    return math.sqrt(share * (1 - share) / count)
