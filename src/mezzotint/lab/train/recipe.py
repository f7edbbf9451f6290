# SPDX-License-Identifier: Apache-2.0
"""What an experiment fixes: the model's shape and the course of training."""

from __future__ import annotations

from dataclasses import dataclass, field

from mezzotint.lab.models.codec import CodecConfig


@dataclass(frozen=True)
class Late:
    """Larger crops for the end of a run: most of a small one lies near its border, most of a picture does not."""

    crop: int
    batch: int


@dataclass(frozen=True)
class Schedule:
    """Warm-up, hold, linear decay to zero. Change a run's steps while its rate still holds: later the rate jumps."""

    steps: int
    batch: int = 8
    crop: int = 256
    late: Late | None = None  # crops while the rate decays; None: the same to the end
    warmup: int = 100
    decay: float = 0.4  # share of the steps that the decay takes
    lr: float = 1e-3  # AdamW
    muon_lr: float | None = None  # None: AdamW for all
    ema: float = 0.998
    clip: float = 1.0
    seed: int = 0
    made: int = 0  # pictures of text, screens, drawings beside the photos (data/graphics.py)
    grey: float = 0.0  # share of the crops that lose their colour
    held_out: int = 40

    def rate(self, step: int) -> float:
        """Factor on the learning rates at a step."""
        return min(1.0, (step + 1) / self.warmup, (self.steps - step) / max(1.0, self.decay * self.steps))

    def sizes(self, step: int) -> tuple[int, int]:
        """Side of the crops at a step, and how many there are."""
        if self.late is None or step < (1 - self.decay) * self.steps:
            return self.crop, self.batch
        return self.late.crop, self.late.batch


@dataclass(frozen=True)
class Recipe:
    """A named experiment; its file's docstring holds command, machine, time and expected result."""

    name: str
    schedule: Schedule
    config: CodecConfig = field(default_factory=CodecConfig)
