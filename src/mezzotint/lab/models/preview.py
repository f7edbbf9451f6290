# SPDX-License-Identifier: Apache-2.0
"""A picture of an eighth of the side from z and the first group of y alone, 2x2 pixels a cell.

    z_hat ---- h_s --- features ------------+------- 1x1 ---+
                          |                 |               |        +-- SiLU - 1x1 - SiLU - 1x1 --+
    symbols (M_1) ---- means, steps --- y_hat (M_1) -- 3x3 -+--------+                             + --- pixels
                                            |               |                                      |
                                            |    step ------+                                      |
                                            +--------------- 3x3, linear --------------------------+

What finds y_hat is cut out of the trained codec, which is causal over the groups, so it is what the whole decoder
finds. Only the head is new. Its linear half knows the block transform; the features say what the later groups are
likely to hold, and the step how much of y is rounding. Without these two coarse qualities lose 2 dB.

The trap: beyond the border of a tile the means see zeros, as in the decoder, but the head repeats the nearest cell.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.phases import split_phases
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.context import FourStep, MaskedPointwise, Step
from mezzotint.lab.models.hyper import ElementStep

PIXELS = 12  # 2 rows of 2 pixels of 3 planes, as they lie in a picture
WIDTH = 96
RESIDUE = 1 / 16  # the network's unit: it mends the linear half by little


class FirstGroup(nn.Module):
    """symbols (B, M_1, h, w), z_hat (B, Cz, h/4, w/4) -> y_hat (B, M_1, h, w), features (B, P, h, w).

    Of a codec that `graphs.freeze` made, with whose weights it computes.
    """

    def __init__(self, frozen: Codec) -> None:
        super().__init__()
        c = frozen.config
        self.channels, self.features = c.groups[0], c.features
        self.hyper_synthesis, self.step = frozen.hyper_synthesis, frozen.step
        self.element = (
            None if frozen.element is None else _element(frozen.element, self.features, self.channels)
        )
        spread = frozen.context.spread.flatten()[: self.channels]
        self.context = FourStep([self.channels], self.features, [c.context_hidden[0]], spread)
        for own, whole in zip(self.context.steps, frozen.context.steps, strict=True):
            _cut(own, whole, c.channels, self.features)

    def forward(self, symbols: Tensor, z_hat: Tensor, quality: Tensor) -> tuple[Tensor, Tensor]:
        phases, features = split_phases(symbols), self.hyper_synthesis(z_hat, quality)
        step = self.steps(quality)
        steps = [step] * 4
        if self.element is not None:
            steps = [step * self.element(phase) for phase in split_phases(features)]
        return self.context(features, lambda k, mean: mean + phases[k] * steps[k]), features

    def steps(self, quality: Tensor) -> Tensor:
        """(B, M_1, 1, 1); the vector has a step for each of the M channels."""
        return self.step(quality)[:, : self.channels]


class PreviewHead(nn.Module):
    """y_hat in standard deviations (B, M_1, h + 2, w + 2), features (B, P, h, w), step (B, 1, 1, 1) -> pixels.

    The step is in octaves. Pixels are (B, 12, h, w) in [-1/2, 1/2], not clipped, in the order (row, column, plane).
    """

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.linear = nn.Conv2d(channels, PIXELS, 3)
        self.up = nn.Conv2d(channels, WIDTH, 3)
        self.from_features = nn.Conv2d(features, WIDTH, 1, bias=False)
        self.from_step = nn.Conv2d(1, WIDTH, 1, bias=False)
        self.middle = nn.Conv2d(WIDTH, WIDTH, 1)
        self.down = nn.Conv2d(WIDTH, PIXELS, 1)
        nn.init.normal_(self.up.weight, std=channels**-0.5 / 3)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, y: Tensor, features: Tensor, step: Tensor) -> Tensor:
        h = F.silu(self.up(y) + self.from_features(features) + self.from_step(step))
        return self.linear(y) + RESIDUE * self.down(F.silu(self.middle(h)))


class Preview(nn.Module):
    """symbols (B, M_1, h, w), z_hat (B, Cz, h/4, w/4) of one tile -> pixels (B, 12, h, w), as the head gives them."""

    def __init__(self, frozen: Codec) -> None:
        super().__init__()
        self.first = FirstGroup(frozen).requires_grad_(False)
        self.head = PreviewHead(self.first.channels, self.first.features)
        self.register_buffer("gain", 1 / self.first.context.spread)

    def forward(self, symbols: Tensor, z_hat: Tensor, quality: Tensor) -> Tensor:
        return self.head(*self.inputs(symbols, z_hat, quality))

    def inputs(self, symbols: Tensor, z_hat: Tensor, quality: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the head reads: y_hat with a border, features, step."""
        y_hat, features = self.first(symbols, z_hat, quality)
        step = torch.log2(self.first.steps(quality)).mean(1, keepdim=True)
        return F.pad(y_hat * self.gain, (1, 1, 1, 1), mode="replicate"), features, step


def _element(whole: ElementStep, features: int, channels: int) -> ElementStep:
    own = ElementStep(features, channels)
    own.head.weight.data = whole.head.weight.detach()[:channels].clone()
    own.head.bias.data = whole.head.bias.detach()[:channels].clone()
    return own


def _cut(own: Step, whole: Step, channels: int, features: int) -> None:
    """The rows and columns of the first group out of a step over all `channels`."""
    first, hidden = own.down.weight.shape
    for name in ("linear", "taps"):
        for mine, theirs in zip(getattr(own, name), getattr(whole, name), strict=True):
            mine.weight.data = theirs.weight.detach()[:first].clone()
    known = (0, channels) if len(own.linear) else ()  # where the two filters of what is known begin
    columns = [torch.arange(start, start + first) for start in known]
    columns.append(torch.arange(features) + channels * len(known))
    _pointwise(own.up, whole.up, torch.cat(columns))
    _pointwise(own.down, whole.down, torch.arange(hidden))


def _pointwise(own: MaskedPointwise, whole: MaskedPointwise, columns: Tensor) -> None:
    rows = len(own.bias)
    own.folded = whole.effective().detach()[:rows, columns].clone()
    own.bias.data = whole.bias.detach()[:rows].clone()
