# SPDX-License-Identifier: Apache-2.0
"""One grid of transform blocks: learned steps and contexts, trained all at once, coded pass by pass.

    coefficients --- / steps(quality) --- cheapest symbols <--- scales <--- magnitudes of symbols coded before

Training alternates as entropy-constrained quantisation does (Chou, Lookabaugh and Gray, 1989): symbols are those that
cost least under the present steps and probabilities, and gradients move probabilities under these symbols. Steps have
no useful gradient under fixed symbols; so all are nudged up or down at random, symbols are chosen again, and the change
of each channel's cost is its slope. No noise stands for rounding: what is trained on is what an encoder will choose.
The trap: contexts are made of symbols that contexts decide, so training takes them from symbols rounded towards zero,
once, where the encoder walks the passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.lab.layers.nested_dct import PLANES
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.models.dct_choice import Numbers, Symbols, Values, added_to, cheapest, price
from mezzotint.lab.priors import counted
from mezzotint.lab.priors.counted import STEPS, laplacian_bits
from mezzotint.lab.priors.magnitudes import LARGEST, POINT, Magnitudes, between
from mezzotint.lab.priors.sites import Sites, sites

NUDGE = 0.15  # of a step's log2, up or down
TOWARDS_ZERO = 0.35  # a first guess rounds up what is as near as that to the next number
Part = tuple[slice, slice]  # channels, sites


@dataclass(frozen=True, eq=False)
class Coded:
    """A grid's symbols and the tables that code them, both (C, N), channels by level and sites by pass."""

    at: Sites
    symbols: Symbols
    numbers: Numbers


@dataclass(frozen=True)
class Walk:
    """How far to go, and who says what the symbols are: (channels, sites, numbers (c, n) of tables) -> (c, n)."""

    levels: int
    code: Callable[[slice, slice, Numbers], Symbols]


class Quantised(NamedTuple):
    """A batch's grid in training."""

    symbols: Tensor  # (C, B, N)
    y_hat: Tensor  # (B, channels, h, w)
    bits: Tensor  # (C, B, N), with gradients to contexts
    pull: Tensor  # (B,), bits: 0, with the gradients of the cost to steps


class Grid(nn.Module):
    """One grid of blocks: steps, contexts, and which tables. Coefficients are (C, B, N), as `Magnitudes` sorts them."""

    def __init__(self, size: int, means: bool, anchors: int, reach: int) -> None:
        super().__init__()
        self.context = Magnitudes(size, means, max(1, anchors), reach)
        c = self.context
        self.log_step = nn.Parameter(
            torch.zeros(max(1, anchors), PLANES * c.levels), requires_grad=anchors > 0
        )
        self.group = c.plane * c.levels + c.level  # (C,)
        kind = torch.zeros_like(self.context.plane) if means else 1 + (self.context.plane > 0).long()
        self.first_table = (kind * STEPS).numpy()  # (C,)

    def steps(self, quality: Tensor) -> Tensor:
        """(B,) -> (C, B, 1): learned factors, a plane and level, on the step that is best at high rates (framed.py)."""
        even = (26 / lambda_of(quality)).sqrt() / 255
        return (torch.exp2(between(self.log_step[:, self.group], quality)) * even[:, None]).T[..., None]

    def sorted(self, y: Tensor) -> Tensor:
        """(B, channels, h, w) -> (C, B, N)."""
        raster = torch.from_numpy(sites(*y.shape[2:]).raster)
        return y.flatten(2)[:, self.context.order][..., raster].transpose(0, 1)

    def unsorted(self, values: Tensor, height: int, width: int) -> Tensor:
        """The inverse; channels that are not coded are 0."""
        where = torch.from_numpy(sites(height, width).where)
        y = values.new_zeros(values.shape[1], PLANES * self.context.size**2, height * width)
        y[:, self.context.order] = values.transpose(0, 1)[..., where]
        return y.unflatten(2, (height, width))

    # -- training -----------------------------------------------------------------------------------------

    def quantised(self, y: Tensor, quality: Tensor, outer: Tensor) -> Quantised:
        """y (B, channels, h, w), outer (3, B, N) -> what an encoder would choose."""
        at, sorted_y = sites(*y.shape[2:]), self.sorted(y)
        with torch.no_grad():
            step = self.steps(quality)
            symbols, cost = self._chosen(sorted_y, step, at, quality, outer)
            moved = torch.exp2(NUDGE * torch.randint(0, 2, step.shape).sub(0.5).sign())
            _, other = self._chosen(sorted_y, step * moved, at, quality, outer)
            slope = (other - cost) / moved.log2()[..., 0]  # (C, B): of the cost by log2 of the step
            rows = self.rows(symbols.abs(), at, outer)
        pull = ((self.steps(quality).log2() - step.log2())[..., 0] * slope).sum(0)
        bits = laplacian_bits(symbols.abs(), self.context.scales(rows, at.first, quality))
        return Quantised(symbols, self.unsorted(symbols * step, *y.shape[2:]), bits, pull)

    def _chosen(
        self, y: Tensor, step: Tensor, at: Sites, quality: Tensor, outer: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Sorted coefficients -> the cheapest symbols under these steps, and what they cost, in bits, (C, B)."""
        r, worth = y / step, price(quality)[:, None] * step**2
        guess = (r.abs() + TOWARDS_ZERO).floor()
        scale = self.context.scales(self.rows(guess, at, outer), at.first, quality)
        symbols = cheapest(r, scale, worth)
        return symbols, (laplacian_bits(symbols.abs(), scale) + worth * (r - symbols).square()).sum(2)

    def meet(self, y: Tensor, quality: Tensor, outer: Tensor) -> Tensor:
        """Show the contexts a batch before training -> magnitudes (C, B, N) in a first guess."""
        at = sites(*y.shape[2:])
        guess = ((self.sorted(y) / self.steps(quality)).abs() + TOWARDS_ZERO).floor()
        self.context.meet(self.rows(guess, at, outer), at.first)
        return guess

    def rows(self, magnitude: Tensor, at: Sites, outer: Tensor) -> Tensor:
        """All rows at once (see `Magnitudes`): what the walk below fills in pass by pass."""
        c = self.context
        own = magnitude.clamp_max(LARGEST)
        beside = torch.from_numpy(at.beside)
        padded = torch.cat([own, own.new_zeros(*own.shape[:2], 1)], 2)
        left, right, above, below = (padded[..., side] for side in beside)
        member = (c.plane == torch.arange(PLANES)[:, None])[:, None]  # (P, 1, C)
        member = member & (c.level < torch.arange(c.levels)[:, None])  # (P, L, C)
        energy = torch.einsum("rc,cbn->rbn", member.flatten(0, 1).to(own.dtype), own).clamp_max(LARGEST)
        padded = torch.cat([energy, energy.new_zeros(*energy.shape[:2], 1)], 2)
        around = sum(padded[..., side] for side in beside)
        one = own.new_ones(1, *own.shape[1:])
        return torch.cat([own, left + right, above + below, energy, around, outer, one, 0 * one])

    # -- coding -------------------------------------------------------------------------------------------

    def walk(self, at: Sites, quality: int, outer: NDArray[np.int64], walk: Walk) -> Coded:
        """The passes in order; ``outer`` (3, N). Whole numbers only, so that every machine walks alike."""
        c, n = self.context, at.raster.size
        rows = np.zeros((c.rows, n), np.int16)  # 4 LARGEST at most
        rows[c.outer : c.outer + PLANES], rows[c.one] = outer, 1
        symbols, numbers = np.zeros((c.channels, n), np.int32), np.zeros((c.channels, n), np.uint16)
        weights, sources, planes = c.integers(quality), c.sources.numpy(), c.plane.numpy()
        energy = np.zeros((PLANES, n + 1), np.int64)
        for level, span in enumerate(c.spans[: walk.levels]):
            cut = np.minimum(energy, LARGEST)
            rows[c.energy + level : c.beside : c.levels] = cut[:, :n]
            rows[c.beside + level : c.outer : c.levels] = cut[:, at.beside].sum(1)
            for phase in (0, 1):
                where = at.span(phase)
                scale = added(rows[:, where], sources[span], weights[phase, span])
                numbers[span, where] = counted.steps_of(scale, POINT) + self.first_table[span, None]
                symbols[span, where] = walk.code(span, where, numbers[span, where])
                self._fill(rows, span, np.abs(symbols[span]), at)
            for plane in range(PLANES):
                energy[plane, :n] += rows[span][planes[span] == plane].sum(0, dtype=np.int64)
        return Coded(at, symbols, numbers)

    def passes(self, levels: int, at: Sites) -> Iterator[Part]:
        """What the walk codes together, in its order."""
        for span in self.context.spans[:levels]:
            yield span, at.span(0)
            yield span, at.span(1)

    def used(self, coded: Coded) -> int:
        """Levels up to the last one that is not all zero."""
        some = np.flatnonzero(coded.symbols.any(1))
        return int(self.context.level[some[-1]]) + 1 if some.size else 0

    def restored(self, coded: Coded, quality: int, moved: Values) -> Tensor:
        """Symbols -> coefficients (1, channels, h, w)."""
        magnitude = np.abs(coded.symbols)
        size = (magnitude + added_to(magnitude, coded.numbers, moved)) * np.sign(coded.symbols)
        values = torch.from_numpy(size.astype(np.float32))[:, None] * self.steps(
            torch.tensor([float(quality)])
        )
        return self.unsorted(values, coded.at.height, coded.at.width)

    def _fill(self, rows: NDArray[np.int16], span: slice, magnitude: Symbols, at: Sites) -> None:
        channels = self.context.channels
        own = np.pad(np.minimum(magnitude, LARGEST).astype(np.int16), ((0, 0), (0, 1)))
        left, right, above, below = (own[:, side] for side in at.beside)
        for kind, values in enumerate((own[:, :-1], left + right, above + below)):
            rows[span.start + kind * channels : span.stop + kind * channels] = values


def added(
    rows: NDArray[np.integer], sources: NDArray[np.intp], weights: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows (R, n), for each channel sources (c, F) and weights (c, F) -> scales (c, n) in units of 2^-POINT.

    Below 2^63: a row is at most 4 LARGEST < 2^14, a weight below 2^(POINT + 3), and there are fewer than 2^5.
    """
    total = np.zeros((len(sources), rows.shape[1]), np.int64)
    for source, weight in zip(sources.T, weights.T, strict=True):
        used = np.flatnonzero(weight)
        if used.size == len(weight):
            total += rows[source] * weight[:, None]
        elif used.size:
            total[used] += rows[source[used]] * weight[used, None]
    return total
