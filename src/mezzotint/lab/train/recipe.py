# SPDX-License-Identifier: Apache-2.0
"""What an experiment fixes: the model's shape and the course of training."""

from __future__ import annotations

from dataclasses import dataclass, field

from mezzotint.lab.models.codec import CodecConfig


@dataclass(frozen=True)
class Schedule:
    """Warm-up, hold, linear decay to zero; steps may be changed while the rate still holds."""

    steps: int
    batch: int = 8
    crop: int = 256
    warmup: int = 100
    decay: float = 0.4  # share of the steps that the decay takes
    lr: float = 1e-3  # AdamW
    muon_lr: float | None = None  # None: AdamW for all
    ema: float = 0.998
    clip: float = 1.0
    seed: int = 0
    held_out: int = 40

    def rate(self, step: int) -> float:
        """Factor on the learning rates at a step."""
        return min(1.0, (step + 1) / self.warmup, (self.steps - step) / max(1.0, self.decay * self.steps))


@dataclass(frozen=True)
class Recipe:
    """A named experiment; its file's docstring holds command, machine, time and expected result."""

    name: str
    schedule: Schedule
    config: CodecConfig = field(default_factory=CodecConfig)
