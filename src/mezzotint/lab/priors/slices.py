# SPDX-License-Identifier: Apache-2.0
"""Slices of channels, alone and with a checkerboard in each: the order in which several priors walk.

Slice by slice, and within a slice anchors first: ELIC (CVPR 2022) for the pair. What a density is made of differs from
prior to prior; each brings a stage a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import torch
from torch import Tensor

from mezzotint.lab.layers.phases import ANCHORS, OTHERS, Step, put, take
from mezzotint.lab.priors.coding import Code, Pick
from mezzotint.lab.priors.normal import Normal


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


class Stage(Protocol):
    """A slice's context.

    ``prepare`` makes once what both colours use of the features (B, F, h, w) and of the slices before; the call takes
    that, and the anchors with zeros elsewhere, None while they are not known; ``refine`` is latent residual prediction.
    """

    prepare: Callable[[Tensor, list[Tensor]], Tensor]
    refine: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, support: Tensor, anchors: Tensor | None) -> Normal: ...


def walk_colours(code: Code, features: Tensor, stages: Iterable[Stage], slices: int) -> Tensor:
    """y_hat (B, C, h, w), slice by slice and colour by colour."""
    done: list[Tensor] = []
    for i, stage in enumerate(stages):
        support = stage.prepare(features, done)
        anchors = _colour(code, i, slices, ANCHORS, stage(support, None))
        y_hat = anchors + _colour(code, i, slices, OTHERS, stage(support, anchors))
        done.append(stage.refine(support, y_hat))
    return torch.cat(done, 1)


def _colour(code: Code, i: int, slices: int, step: Step, density: Normal) -> Tensor:
    part = code(pick_slice(i, slices, step), density.at(lambda x: take(x, step)))
    return put(part, step)  # (B, C / slices, h, w), zeros at the other colour
