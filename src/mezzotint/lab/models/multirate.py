# SPDX-License-Identifier: Apache-2.0
"""A block transform codec of learned numbers: steps of the quantiser, weights of contexts, tables; one for all rates.

    pixels --- nested DCT ---+--- coarse --- / steps(quality) --- cheapest symbols --- passes, low to high --- bits
                             |                                         | magnitudes of coarser blocks
                             +--- fine ----- / steps(quality) --- cheapest symbols --- passes, low to high --- bits

"Multi-rate adaptive transform coding for video compression" (Duong et al., 2022), on pictures. Gradients find steps and
contexts (dct_grid.py); then tables are counted on symbols that the encoder itself chooses (`count`). The trap: an
encoder chooses by the price of tables, so the first counts are of symbols that Laplacians chose; they are made twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.errors import DamagedFile
from mezzotint.lab.layers.nested_dct import PLANES, Nested, NestedDct
from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.codec import Output, lambda_of
from mezzotint.lab.models.dct_choice import Chooser, Numbers, Symbols, price
from mezzotint.lab.models.dct_grid import Coded, Grid, Walk
from mezzotint.lab.priors.chain import ChainReader, ChainWriter
from mezzotint.lab.priors.counted import MOVED, REACH, Counted
from mezzotint.lab.priors.magnitudes import LARGEST
from mezzotint.lab.priors.sites import sites

KINDS = 3  # of tables: coarse, luma, chroma


@dataclass(frozen=True, eq=False)
class Drawn:
    """The symbols of a picture's file."""

    coarse: Coded
    fine: Coded


class MultiRate(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of ``cell``, quality (B,) in 0..4095 -> Output.

    Blocks of ``block`` pixels a side, lapped by ``overlap``, their means in blocks of ``outer``. ``anchors`` on the
    quality dial have steps and contexts of their own; 0: one step for all channels, which is not learned. ``reach`` as
    in `Magnitudes`.
    """

    def __init__(self, block: int, outer: int, overlap: int, anchors: int, reach: int) -> None:
        super().__init__()
        self.outer, self.cell = outer, block * outer
        self.transform = NestedDct(block, outer, overlap)
        self.coarse = Grid(outer, True, anchors, reach)
        self.fine = Grid(block, False, anchors, reach)
        self.counted = Counted(KINDS)

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        y = self.transform(x)
        blank = y.coarse.new_zeros(PLANES, len(x), y.coarse[0, 0].numel())
        coarse = self.coarse.quantised(y.coarse, quality, blank)
        outer = self.spread(coarse.symbols.abs(), *y.coarse.shape[2:])
        fine = self.fine.quantised(y.fine, quality, outer)
        extra = (coarse.pull + fine.pull) / (x[:, 0].numel() * lambda_of(quality).sqrt())
        bits = (found.bits.sum((0, 2)) for found in (fine, coarse))
        return Output(self.transform.inverse(Nested(coarse.y_hat, fine.y_hat)), *bits, extra.sum())

    def spread(self, magnitude: Tensor, height: int, width: int) -> Tensor:
        """Coarse magnitudes (C, B, N), N = height * width, -> (P, B, N outer^2): sums over the block a site lies in."""
        c = self.coarse.context
        inside = magnitude * (c.u + c.v > 0)[:, None, None]
        sums = torch.stack([inside[c.plane == p].sum(0) for p in range(PLANES)]).clamp_max(LARGEST)
        picture = sums[..., torch.from_numpy(sites(height, width).where)].unflatten(2, (height, width))
        large = picture.repeat_interleave(self.outer, 2).repeat_interleave(self.outer, 3)
        raster = sites(height * self.outer, width * self.outer).raster
        return large.flatten(2)[..., torch.from_numpy(raster)]

    # -- coding -------------------------------------------------------------------------------------------

    @torch.no_grad()
    def draw(self, x: Tensor, quality: int) -> Drawn:
        """x (1, 3, H, W) -> the symbols of its file, the cheapest ones at that quality."""
        y = self.transform(x)
        choosers = [self.chooser(grid, part, quality) for grid, part in zip(self.grids, y, strict=True)]
        rows, columns = y.coarse.shape[2:]
        walks = [
            Walk(grid.context.levels, chooser) for grid, chooser in zip(self.grids, choosers, strict=True)
        ]
        return self._walked(walks, quality, rows, columns)

    def write(self, drawn: Drawn) -> bytes:
        """A byte for each grid, how many levels are not all zero, and a chain of these."""
        chain, tables, head = ChainWriter(), self.counted.tables(), []
        for grid, coded in zip(self.grids, (drawn.coarse, drawn.fine), strict=True):
            head.append(grid.used(coded))
            for part in grid.passes(head[-1], coded.at):
                chain.add(coded.symbols[part].ravel(), coded.numbers[part].ravel(), tables)
        return bytes(head) + chain.close()

    def bits(self, drawn: Drawn) -> float:
        """What the symbols cost by their tables."""
        costs, total = self.counted.costs(), 0.0
        for grid, coded in zip(self.grids, (drawn.coarse, drawn.fine), strict=True):
            for part in grid.passes(grid.used(coded), coded.at):
                magnitude = np.minimum(np.abs(coded.symbols[part]), REACH + 1)
                total += float(costs[coded.numbers[part], magnitude].sum(dtype=np.float64))
        return total

    def read(self, data: bytes, quality: int, rows: int, columns: int) -> Drawn:
        """What `write` wrote of a picture of so many cells; DamagedFile for anything else."""
        levels = tuple(data[:2])
        if len(levels) < 2 or any(
            n > grid.context.levels for n, grid in zip(levels, self.grids, strict=True)
        ):
            raise DamagedFile("a stream has more levels than there are frequencies")
        chain, tables = ChainReader(data[2:]), self.counted.tables()

        def code(span: slice, where: slice, numbers: Numbers) -> Symbols:
            return chain.read(numbers.ravel(), tables).reshape(numbers.shape)

        drawn = self._walked([Walk(n, code) for n in levels], quality, rows, columns)
        chain.close()
        return drawn

    @torch.no_grad()
    def pixels(self, drawn: Drawn, quality: int) -> Tensor:
        """x_hat (1, 3, H, W), not clipped."""
        moved = self.counted.moved.numpy()
        pairs = zip(self.grids, (drawn.coarse, drawn.fine), strict=True)
        found: Tensor = self.transform.inverse(Nested(*(g.restored(c, quality, moved) for g, c in pairs)))
        return found

    @property
    def grids(self) -> tuple[Grid, Grid]:
        """In the order in which they are coded."""
        return self.coarse, self.fine

    def chooser(self, grid: Grid, y: Tensor, quality: int) -> Chooser:
        """What chooses the symbols of a picture's coefficients y (1, channels, h, w) of one grid."""
        dial = torch.tensor([float(quality)])
        step = grid.steps(dial)
        r = (grid.sorted(y) / step)[:, 0].numpy()
        worth = (price(dial) * step.square()).flatten().numpy()
        return Chooser(r, worth, self.counted.costs(), self.counted.moved.numpy())

    def _walked(self, walks: list[Walk], quality: int, rows: int, columns: int) -> Drawn:
        blank = np.zeros((PLANES, rows * columns), np.int64)
        coarse = self.coarse.walk(sites(rows, columns), quality, blank, walks[0])
        magnitude = torch.from_numpy(np.abs(coarse.symbols.astype(np.int64)))[:, None]
        outer = self.spread(magnitude, rows, columns)[:, 0].numpy()
        at = sites(rows * self.outer, columns * self.outer)
        return Drawn(coarse, self.fine.walk(at, quality, outer, walks[1]))

    # -- counting -----------------------------------------------------------------------------------------

    @torch.no_grad()
    def begin(self, batches: list[Tensor]) -> None:
        """Contexts that have the right mean on batches (B, 3, H, W): where training sets out."""
        anchors = self.fine.context.anchors
        for anchor, at in enumerate(
            torch.linspace(0, QUALITY_MAX, anchors) if anchors > 1 else [QUALITY_MAX / 2]
        ):
            for x in batches:
                y, quality = self.transform(x), torch.full((len(x),), float(at))
                blank = y.coarse.new_zeros(PLANES, len(x), y.coarse[0, 0].numel())
                magnitude = self.coarse.meet(y.coarse, quality, blank)
                self.fine.meet(y.fine, quality, self.spread(magnitude, *y.coarse.shape[2:]))
            for grid in self.grids:
                grid.context.begin(anchor)

    def freeze(self) -> None:
        """Round what training found to what coding uses."""
        for grid in self.grids:
            grid.context.freeze()

    @torch.no_grad()
    def count(self, pictures: list[tuple[Tensor, int]]) -> None:
        """Make tables from pictures (1, 3, H, W) at a quality each, chosen under the present ones."""
        seen = np.zeros(tuple(self.counted.share.shape), np.int64)
        moves = np.zeros((len(seen), MOVED))
        for x, quality in pictures:
            drawn, y = self.draw(x, quality), self.transform(x)
            for grid, coded, part in zip(self.grids, (drawn.coarse, drawn.fine), y, strict=True):
                end = sum(grid.context.level < grid.used(coded))  # what is behind it is not coded
                magnitude, numbers = np.abs(coded.symbols[:end]), coded.numbers[:end]
                places = numbers.astype(np.int64) * seen.shape[1] + np.minimum(magnitude, REACH + 1)
                seen += np.bincount(places.ravel(), minlength=seen.size).reshape(seen.shape)
                some = np.nonzero(magnitude)
                away = np.abs(self.chooser(grid, part, quality).r[:end][some]) - magnitude[some]
                np.add.at(moves, (numbers[some], np.minimum(magnitude[some], MOVED) - 1), away)
        self.counted.count(seen, moves)
