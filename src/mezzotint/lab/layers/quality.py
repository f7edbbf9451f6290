# SPDX-License-Identifier: Apache-2.0
"""Per-channel scale vectors on the continuous quality dial (Cui et al., CVPR 2021; DCVC-RT, CVPR 2025).

A vector is learned as log2 at A anchors spread evenly over quality 0..4095 and interpolated between them. The
runtime does the same interpolation in numpy and hands the vector to the graph as an input, so one set of graphs
serves all qualities.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

QUALITY_MAX = 4095


class QualityVector(nn.Module):
    """quality (B,) float in 0..4095 -> (B, C, 1, 1) positive scales."""

    def __init__(self, channels: int, anchors: int, initial: Tensor | None = None) -> None:
        super().__init__()
        start = (
            torch.zeros(anchors, channels)
            if initial is None
            else torch.log2(initial).expand(anchors, channels)
        )
        self.log2 = nn.Parameter(start.clone())
        self.fixed: Tensor | None = None  # set while exporting: the graph input that stands for this vector

    def forward(self, quality: Tensor) -> Tensor:
        if self.fixed is not None:
            return self.fixed
        anchors = self.log2.shape[0]
        t = quality.float() / QUALITY_MAX * (anchors - 1)
        k = t.floor().clamp(0, anchors - 2).long()
        f = (t - k)[:, None]
        return torch.exp2(self.log2[k] * (1 - f) + self.log2[k + 1] * f)[:, :, None, None]
