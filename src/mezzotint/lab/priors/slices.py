# SPDX-License-Identifier: Apache-2.0
"""Slices of channels, alone and with a checkerboard in each: the order in which several priors walk.

"Channel-wise Autoregressive Entropy Models for Learned Image Compression" (Minnen and Singh, ICIP 2020) for the slices;
ELIC (CVPR 2022) for the pair, slice by slice, and within a slice anchors first. What a density is made of differs from
prior to prior. The trap: what is refined after coding is what later slices see, on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.phases import ANCHORS, OTHERS, Step, put, take
from mezzotint.lab.priors.coding import Code, Pick
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import Normal
from mezzotint.lab.priors.side import Side


def check_slices(channels: int, slices: int) -> int:
    """The channels of a slice; ValueError when they cannot be shared out."""
    if slices < 1 or channels % slices:
        raise ValueError(f"{channels} channels cannot be cut into {slices} slices: choose a divisor")
    return channels // slices


def pick_slice(i: int, slices: int, step: Step | None = None) -> Pick:
    """y (B, C, h, w) -> slice i of it, or the phases of a step of that slice."""

    def pick(y: Tensor) -> Tensor:
        part = y.chunk(slices, 1)[i]
        return part if step is None else take(part, step)

    return pick


class Slices(EntropyModel):
    """A prior whose walk sends z first, and then slice after slice of ``size`` channels."""

    def __init__(self, channels: int, slices: int, width: int | None) -> None:
        super().__init__(channels)
        self.slices, self.size = slices, check_slices(channels, slices)
        self.side = Side(channels, width)


class Stage(Protocol):
    """A slice's context.

    ``prepare`` makes once what both colours use of the features (B, F, h, w) and of the slices before; the call takes
    that, and the anchors with zeros elsewhere, None while they are not known; ``refine`` is latent residual prediction.
    """

    prepare: Callable[[Tensor, list[Tensor]], Tensor]
    refine: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, support: Tensor, anchors: Tensor | None) -> Normal: ...


class CheckeredSlices(Slices):
    """Two steps a slice; ``stage`` makes a Stage of: the features' channels, slices before it, a slice's channels."""

    def __init__(
        self, channels: int, slices: int, width: int | None, stage: Callable[[int, int, int], Stage]
    ) -> None:
        super().__init__(channels, slices, width)
        self.stages = nn.ModuleList(stage(2 * channels, i, self.size) for i in range(slices))

    def walk(self, code: Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        done: list[Tensor] = []
        for i, stage in enumerate(self.stages):
            support = stage.prepare(features, done)
            anchors = self._colour(code, i, ANCHORS, stage(support, None))
            y_hat = anchors + self._colour(code, i, OTHERS, stage(support, anchors))
            done.append(stage.refine(support, y_hat))
        return torch.cat(done, 1)

    def _colour(self, code: Code, i: int, step: Step, density: Normal) -> Tensor:
        part = code(pick_slice(i, self.slices, step), density.at(lambda x: take(x, step)))
        return put(part, step)  # (B, C / slices, h, w), zeros at the other colour
