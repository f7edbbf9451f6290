# SPDX-License-Identifier: Apache-2.0
"""A sinusoidal upsampler whose features are scaled and shifted by what describes the frame.

    x --- convolution, pixel shuffle, sine --- + --- * (1 + gain(t)) + shift(t) --- pointwise --- + ---
                                                \\                                                /
                                                 `----------------------------------------------'

"Boosting Neural Representations for Videos with a Conditional Decoder" (Zhang et al., CVPR 2024), sections 3.2 and 3.3:
the frame's index aligns the features of every stage, not only the first map; sines make features more diverse than
GELU. The trap: a sine folds what is large, so its convolution must not start with a gain much above one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.upsample import UPSAMPLERS, shuffled
from mezzotint.lab.registry import Source

SOURCE = Source(
    "Boost-NeRV",
    "conditional",
    "Boosting Neural Representations for Videos with a Conditional Decoder",
    2024,
    "one affine map and a pointwise layer a block, where the paper has two of each with 3x3 convolutions",
)
PITCH = 2.0  # of the sines: without it a signal of unit size hardly bends
BEGIN = 0.1  # gain of the residual branch, and of what the frame changes, at the start


@UPSAMPLERS.register("conditional_up", SOURCE)
class ConditionalUp(nn.Module):
    """``conditional_up()``: see above."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.conv = shuffled(inputs, outputs)
        self.affine = nn.Linear(condition, 2 * outputs)
        self.affine.weight.data *= BEGIN
        nn.init.zeros_(self.affine.bias)
        self.point = pointwise(outputs, outputs)
        self.point.weight.data *= BEGIN

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        x = torch.sin(PITCH * F.pixel_shuffle(self.conv(x), 2))
        gain, shift = self.affine(t)[..., None, None].chunk(2, 1)  # (B, outputs, 1, 1)
        found: Tensor = x + self.point(x * (1 + gain) + shift)
        return found
