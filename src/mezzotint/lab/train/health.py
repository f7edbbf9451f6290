# SPDX-License-Identifier: Apache-2.0
"""Is training still finite? A lone step that is not is skipped; many of them end the run.

The trap: a skipped step changes nothing, so weights that have grown too large to compute with look finite for ever.
They are sound when something finite comes out of them, and only then is a checkpoint worth an older one's place.
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.codec import Codec

WINDOW = 200  # steps
SKIPPED_MOST = 20  # of them


class Diverged(ValueError):
    """Training does not stay finite; the message says what to change."""


class Health:
    """Which of the last WINDOW steps were taken."""

    def __init__(self) -> None:
        self._skipped: deque[bool] = deque(maxlen=WINDOW)

    def saw(self, taken: bool) -> None:
        """Count a step; `Diverged` when more than SKIPPED_MOST of the last WINDOW were skipped."""
        self._skipped.append(not taken)
        count = sum(self._skipped)
        if count > SKIPPED_MOST:
            raise Diverged(f"{count} of the last {len(self._skipped)} steps were not finite")


def all_finite(tensors: dict[str, Tensor]) -> bool:
    return all(bool(torch.isfinite(t).all()) for t in tensors.values() if t.is_floating_point())


@torch.no_grad()
def works(model: Codec, x: Tensor) -> bool:
    """Whether finite pixels and bits come out for x (1, 3, H, W), at both ends of the quality dial."""
    was_training = model.training
    model.eval()
    out = model(x.expand(2, -1, -1, -1), torch.tensor([0.0, QUALITY_MAX], device=x.device))
    model.train(was_training)
    return all(bool(torch.isfinite(v).all()) for v in out if v is not None)
