# SPDX-License-Identifier: Apache-2.0
"""Context for digits that stay on their grid: groups of channels in turn, each as a checkerboard, no side path.

    groups before --- 3x3 --- pointwise --- mean, scale of anchors --- anchors --+
    groups before, anchors of this group --- 3x3 --- pointwise --- mean, scale of the others

So tokens of "Finite Scalar Quantization: VQ-VAE Made Simple" (ICLR 2024) are coded here, a group being the digits of
one; the order is that of ELIC (CVPR 2022). Without bounds on the digits the same prior codes whole numbers, which is
scalar rounding with an entropy model. The trap: zeros stand where nothing is known, so every step has its own weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.phases import ANCHORS, OTHERS, Step, put, take
from mezzotint.lab.priors import PRIORS, normal
from mezzotint.lab.priors.coding import Code, Density
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.gaussian_mixture import Mixture
from mezzotint.lab.priors.grid import MOST_LEVELS, grid
from mezzotint.lab.priors.slices import pick_slice
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FSQ",
    "prior",
    "Finite Scalar Quantization: VQ-VAE Made Simple",
    2024,
    "not the paper's transformer, which makes pictures of tokens: convolutions over the digits that are known",
)
COLOURS: tuple[Step, ...] = (ANCHORS, OTHERS)


@PRIORS.register("grid_context", SOURCE)
class GridContext(EntropyModel):
    """``grid_context(size=4, levels=(), width=48)``: y (B, C, h, w) -> Coded(y_hat, bits), in groups of ``size``.

    ``levels``, one for each channel of a group: y lies in [-1/2, L - 1/2] there, as a quantizer must see to; empty for
    whole numbers without bound. A last argument of all methods, a tensor of one number, says how many groups are sent,
    all unless given; y_hat is zero in the others.
    """

    def __init__(self, channels: int, size: int = 4, levels: tuple[int, ...] = (), width: int = 48) -> None:
        super().__init__(channels)
        if size < 1 or channels % size:
            raise ValueError(f"{channels} channels do not divide into groups of {size}: choose a divisor")
        if levels and (len(levels) != size or not all(2 <= n <= MOST_LEVELS for n in levels)):
            raise ValueError(f"levels={levels}: give none, or {size} numbers from 2 to {MOST_LEVELS}")
        self.groups, self.size, self.levels = channels // size, size, levels
        middle = torch.tensor([(n - 1) / 2 for n in levels] or [0.0] * size)
        self.register_buffer("middle", middle[:, None, None], persistent=False)
        self.heads = nn.ModuleList(
            nn.ModuleList(_head(1 + size * (group + colour), width, 2 * size) for colour in range(2))
            for group in range(self.groups)
        )

    def walk(self, code: Code, *given: Tensor) -> Tensor:
        sent = int(given[0]) if given else self.groups
        if not 1 <= sent <= self.groups:
            raise ValueError(f"{sent} groups of {self.groups}: give from 1 to all of them")
        batch, height, width = code.size
        known = [self.middle.new_ones(batch, 1, height, width)]  # so that a layer sees where the picture ends
        parts = []
        for group in range(sent):
            anchors = self._step(code, group, 0, known)
            others = self._step(code, group, 1, [*known, anchors])
            known.append(anchors + others)
            parts.append(known[-1] + self.middle)
        rest = self.middle.new_zeros(batch, self.channels - self.size * sent, height, width)
        return torch.cat([*parts, rest], 1)

    def _step(self, code: Code, group: int, colour: int, known: list[Tensor]) -> Tensor:
        """Code one colour of a group -> its digits from the middle of their range (B, size, h, w), zero elsewhere."""
        mean, raw = self.heads[group][colour](torch.cat(known, 1)).chunk(2, 1)
        density = self._density(take(mean, COLOURS[colour]), take(raw, COLOURS[colour]))
        digits = code(pick_slice(group, self.groups, COLOURS[colour]), density)
        return put(digits - self.middle.repeat(2, 1, 1), COLOURS[colour])

    def _density(self, mean: Tensor, raw: Tensor) -> Density:
        if self.levels:
            return grid(mean, raw, 2 * self.levels, self.training)
        scale = normal.scale_of(normal.index_of_raw(raw))
        return Mixture(torch.ones_like(mean)[:, None], mean[:, None], scale[:, None])


def _head(inputs: int, width: int, outputs: int) -> nn.Sequential:
    last = pointwise(width, outputs)
    last.weight.data *= 0.1
    return nn.Sequential(nn.Conv2d(inputs, width, 3, padding=1), nn.LeakyReLU(), last)
