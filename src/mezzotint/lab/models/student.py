# SPDX-License-Identifier: Apache-2.0
"""A student whose first layers are a bottleneck: what it sends becomes the features that its teacher would have had.

    x --- three convolutions to 1/8 --- y --- / step, round --- y_hat --- convolutions --- features --- late stages

"Supervised Compression for Resource-Constrained Edge Computing Systems" (Matsubara et al., WACV 2022). The sender
runs the convolutions and the coder only; all that knows the task stands behind the decoder. The trap: the sender's
batch norms belong to the coded numbers, so nothing of it may be trained once a file has been written.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.quality import QUALITY_MAX, QualityVector
from mezzotint.lab.models.classifier import FEATURES, ConvClassifier, Residual, down, normed
from mezzotint.lab.priors.stepped import Stepped

CHANNELS = 32  # of y
ANCHORS = 5
STEPS = (4.0, 0.3)  # of the quantiser at quality 0 and 4095, where y has about unit variance
LAMBDAS = (0.01, 1.0)  # weight of the loss of the task against bits per pixel, log-linear between


class Answer(NamedTuple):
    """Stages (B, C, h, w) of the late network, the features first, and bits (B,)."""

    stages: list[Tensor]
    bits: Tensor


def weight_of(quality: Tensor) -> Tensor:
    """Quality 0..4095 -> the weight of the task's loss."""
    low, high = LAMBDAS
    return low * (high / low) ** (quality.float() / QUALITY_MAX)


class Student(nn.Module):
    """x (B, 3, 32h, 32w) in [-1/2, 1/2], quality (B,) in 0..4095 -> Answer; ``judge`` makes logits of its stages."""

    def __init__(self, classes: int, channels: int = CHANNELS) -> None:
        super().__init__()
        self.sender = nn.Sequential(down(3, 16), down(16, 32), normed(32, channels, 3, 2))
        self.prior = Stepped(torch.ones(channels))
        low, high = STEPS
        steps = low * (high / low) ** torch.linspace(0, 1, ANCHORS)
        self.step = QualityVector(channels, ANCHORS, steps[:, None].expand(-1, channels))
        self.receiver = nn.Sequential(
            down(channels, FEATURES, 3, 1), Residual(FEATURES), down(FEATURES, FEATURES, 3, 1)
        )
        self.late = ConvClassifier(classes)
        self.late.early = nn.Identity()  # the bottleneck takes its place

    def forward(self, x: Tensor, quality: Tensor) -> Answer:
        coded = self.prior(self.latent(x, quality), self.step(quality))
        return Answer(self.late.stages(self.features(coded.y_hat, quality)), coded.bits)

    def latent(self, x: Tensor, quality: Tensor) -> Tensor:
        """y in quantiser steps (B, C, H/8, W/8)."""
        y: Tensor = self.sender(x) / self.step(quality)
        return y

    def features(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """y_hat in steps -> (B, FEATURES, H/8, W/8)."""
        features: Tensor = self.receiver(y_hat * self.step(quality))
        return features

    def judge(self, stages: list[Tensor]) -> Tensor:
        return self.late.judge(stages)

    def inherit(self, teacher: ConvClassifier) -> None:
        """Begin with the teacher's first two layers, and with its late stages."""
        for ours, theirs in zip(self.sender[:2], teacher.early[:2], strict=True):
            ours.load_state_dict(copy.deepcopy(theirs.state_dict()))
        self.late.late.load_state_dict(copy.deepcopy(teacher.late.state_dict()))
        self.late.head.load_state_dict(copy.deepcopy(teacher.head.state_dict()))
