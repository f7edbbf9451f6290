# SPDX-License-Identifier: Apache-2.0
"""Torch twin of `mezzotint.intnet.ScaleMap`: trained with the very integers that the codec will use.

Weights are rounded to 1/16 of an index step within 8 bits in every forward pass (straight-through), so that
export only reads them off. Units follow docs/format.md, "Scale map".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.priors.logistic import INDEX_COUNT

CELL = 4  # z stands for CELL x CELL positions of y
WEIGHT_UNIT = 16  # weights and bias count in 1/16 of an index step
OFFSET_UNIT = 256  # offsets count in 1/256 of an index step
PACE = 8.0


class _Clamp(torch.autograd.Function):
    """clamp(x, 0, top) whose gradient passes where it leads back inside, so that no index is stuck at a border."""

    @staticmethod
    def forward(ctx, x: Tensor, top: float) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x)
        ctx.top = top
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        (x,) = ctx.saved_tensors
        return grad * ~(((x < 0) & (grad > 0)) | ((x > ctx.top) & (grad < 0))), None


class ScaleMapTwin(nn.Module):
    """z_hat (B, Cz, h, w) integer-valued, quality (B,) -> index (B, M, 4h, 4w), real-valued in [0, 63]."""

    def __init__(self, hyper_channels: int, channels: int, initial_offset: Tensor) -> None:
        super().__init__()
        # Parameters count in PACE index steps, so that one optimiser step moves an index by a useful amount.
        self.weight = nn.Parameter(torch.randn(channels * CELL * CELL, hyper_channels) * 0.3 / PACE)
        self.bias = nn.Parameter(torch.zeros(channels * CELL * CELL))
        self.offset = nn.Parameter(initial_offset / PACE)  # (A, M)

    def integers(self) -> tuple[Tensor, Tensor, Tensor]:
        """weight (16M, Cz) in [-127, 127], bias (16M,), offset (A, M): the integers of the bundle, as floats."""
        weight = (PACE * self.weight * WEIGHT_UNIT).round().clamp(-127, 127)
        return weight, (PACE * self.bias * WEIGHT_UNIT).round(), (PACE * self.offset * OFFSET_UNIT).round()

    @in_float32
    def forward(self, z_hat: Tensor, quality: Tensor, context: Tensor | None = None) -> Tensor:
        """``context`` (B, M, 4h, 4w), in index steps, is added before the result is clamped."""
        weight, bias, _ = self.integers()
        weight = straight_through(PACE * self.weight, weight / WEIGHT_UNIT)
        bias = straight_through(PACE * self.bias, bias / WEIGHT_UNIT)
        u = F.pixel_shuffle(F.conv2d(z_hat, weight[:, :, None, None], bias), CELL)  # (B, M, 4h, 4w)
        u = F.pad(u, (1, 1, 1, 1), mode="replicate")
        rows = (u[:, :, :-2] + 2 * u[:, :, 1:-1] + u[:, :, 2:]) / 4
        v = (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
        anchors = self.offset.shape[0]
        t = quality.float() / 4095 * (anchors - 1)
        k = t.floor().clamp(0, anchors - 2).long()
        f = (t - k)[:, None]
        offset = PACE * (self.offset[k] * (1 - f) + self.offset[k + 1] * f)
        index = v + offset[:, :, None, None]
        return _Clamp.apply(index if context is None else index + context, INDEX_COUNT - 1)
