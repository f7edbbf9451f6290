# SPDX-License-Identifier: Apache-2.0
"""The whole training graph of one model for all qualities.

    x --- g_a --- y --/step------------- h_a --- z --round--- z_hat ------+---------------------+
                  |                               |                       |                     |
                  |                          Factorized bits        ScaleMapTwin            h_s features (and steps)
                  |                          (symbols of earlier groups ->) index, integers     |
                  +--- four steps: (y - mean)/step --round--- symbols --logistic bits           |
                                        |   +------------------------- mean <--- FourStep <-----+
                                        +--- y_hat --- g_s --- x_hat

Rounding is straight-through on the path to x_hat and uniform noise on the path to the bits (Minnen and Singh,
ICIP 2020); in evaluation bits are counted on rounded symbols, as they will be coded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.phases import merge_phases, split_phases
from mezzotint.lab.layers.quality import QUALITY_MAX, QualityVector
from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.models.context import FourStep
from mezzotint.lab.models.hyper import ElementStep, HyperAnalysis, HyperSynthesis
from mezzotint.lab.models.transform import Analysis, Synthesis, TransformConfig
from mezzotint.lab.priors import logistic
from mezzotint.lab.priors.factorized import REACH, Factorized
from mezzotint.lab.priors.scale_context import ScaleContextTwin
from mezzotint.lab.priors.scale_map import ScaleMapTwin

LAMBDA_MIN = 0.00022  # of 255^2 MSE against bits per pixel, at quality 0
LAMBDA_MAX = 0.22  # at quality 4095; log-linear between


@dataclass(frozen=True)
class CodecConfig:
    """Everything that fixes the shape of a model."""

    groups: tuple[int, ...] = (32, 96, 128)  # channels of y, low frequency first
    context_hidden: tuple[int, ...] = (48, 72, 72)
    hyper_channels: int = 64
    hyper_width: int = 128
    features: int = 96
    anchors: int = 9
    z_banks: int = 8
    element_step: bool = False  # a learned factor on the step of every element of y
    scale_context: int = (
        0  # features by which symbols of earlier groups add to the scale indices of each later one
    )
    analysis: TransformConfig = field(default_factory=TransformConfig)
    synthesis: TransformConfig = field(default_factory=lambda: TransformConfig(coarse_depth=4))

    @property
    def channels(self) -> int:
        return sum(self.groups)


class Output(NamedTuple):
    """x_hat (B, 3, H, W); bits of y and z per image, (B,); a further term of the loss (codebooks, teachers), if any."""

    x_hat: Tensor
    y_bits: Tensor
    z_bits: Tensor
    extra: Tensor | None = None  # scalar


def lambda_of(quality: Tensor) -> Tensor:
    """Quality 0..4095 -> Lagrangian weight, log-linear."""
    return LAMBDA_MIN * (LAMBDA_MAX / LAMBDA_MIN) ** (quality.float() / QUALITY_MAX)


class Codec(nn.Module):
    """``rows`` (M, 768): the initial block transform; ``spread`` (M,): standard deviation of its outputs on photos."""

    def __init__(self, config: CodecConfig, rows: Tensor, spread: Tensor) -> None:
        super().__init__()
        c, m = config, config.channels
        self.config = config
        qualities = torch.linspace(0, QUALITY_MAX, c.anchors)
        # High-rate theory: an orthonormal uniform quantiser of step d has slope 26 / (255 d)^2 on three planes.
        step = (26 / lambda_of(qualities)).sqrt()[:, None].expand(-1, m) / 255
        offset = logistic.index_of((0.4 * spread / step).clamp(logistic.SCALE_MIN, logistic.SCALE_MAX))
        self.analysis = Analysis(c.analysis, rows, spread, c.anchors)
        self.synthesis = Synthesis(c.synthesis, rows, spread, c.anchors)
        self.step = QualityVector(m, c.anchors, step)
        self.hyper_analysis = HyperAnalysis(m, c.hyper_channels, c.hyper_width, c.analysis.mixer)
        self.hyper_synthesis = HyperSynthesis(c.hyper_channels, c.features, c.analysis.mixer, c.anchors)
        self.element = ElementStep(c.features, m) if c.element_step else None
        self.context = FourStep(list(c.groups), c.features, list(c.context_hidden), spread)
        self.scale_map = ScaleMapTwin(c.hyper_channels, m, offset)
        self.scale_context = ScaleContextTwin(list(c.groups), c.scale_context) if c.scale_context else None
        self.factorized = Factorized(c.hyper_channels, c.z_banks)

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64; quality (B,) in 0..4095."""
        y = self.analysis(x, quality)
        step = self.step(quality)
        z = self.hyper_analysis(y / step).float()
        z_hat = straight_through(z, z.round().clamp(-REACH, REACH))
        bank = (quality.long() * self.config.z_banks) // (QUALITY_MAX + 1)
        z_bits = self.factorized.bits(self._coded(z), bank)
        y_phases = split_phases(y)
        residuals: list[Tensor] = []

        def quantise(k: int, mean: Tensor) -> Tensor:
            residuals.append((y_phases[k] - mean) / steps[k])
            return mean + straight_through(residuals[k], residuals[k].round()) * steps[k]

        features = self.hyper_synthesis(z_hat, quality)
        steps = self.steps(features, quality)
        y_hat = self.context(features, quantise)
        residual = merge_phases(residuals)
        y_bits = logistic.bits(self._coded(residual), self.index(z_hat, residual.detach().round(), quality))
        return Output(self.synthesis(y_hat, quality), y_bits.sum((1, 2, 3)), z_bits.sum((1, 2, 3)))

    def index(self, z_hat: Tensor, symbols: Tensor, quality: Tensor) -> Tensor:
        """Which table codes each symbol (B, M, h, w), real-valued in [0, 63]."""
        context = None if self.scale_context is None else self.scale_context(symbols)
        index: Tensor = self.scale_map(z_hat, quality, context)
        return index

    def steps(self, features: Tensor, quality: Tensor) -> list[Tensor]:
        """The quantiser steps of the four phases of y, each (B, M, h/2, w/2) or what broadcasts to it."""
        step = self.step(quality)
        if self.element is None:
            return [step] * 4
        return [step * self.element(phase) for phase in split_phases(features)]

    def _coded(self, value: Tensor) -> Tensor:
        """What bits are counted on: noise gives gradients, but charges a certain symbol up to 0.14 bits."""
        return value + torch.rand_like(value) - 0.5 if self.training else value.round()
