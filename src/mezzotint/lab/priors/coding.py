# SPDX-License-Identifier: Apache-2.0
"""One walk over the symbols, done in three ways: to count bits, to write chunks, to read them.

A prior says once, in ``walk(code)``, which symbols come after which and under what density:

    part_hat = code(pick, density)        pick: y -> the part of it (or what is made of it, as z) that this step codes

Counting and writing know y and pick from it; reading takes the symbols from a chunk. All else, the context networks
above all, is the same calls on tensors of the same shapes, which is why both sides see the same floats on one machine
and why a density cannot depend on a later symbol. (The split into a prior that trains and tables that code is that of
tensorflow/compression; the trap is there too: another machine may compute other means and scales. Only `one_shot`
keeps its tables from depending on floats; design, section 4.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint import entropy
from mezzotint.lab.layers.rounding import straight_through

CELL = 4  # sides of y are multiples of it, so that z has a cell for each 4 x 4
SYMBOL_LIMIT = 1 << 24  # float32 holds whole numbers up to here

Pick = Callable[[Tensor], Tensor]


def whole(y: Tensor) -> Tensor:
    """The pick of a prior that codes y in one step."""
    return y


class Coded(NamedTuple):
    """y_hat (B, C, h, w) and the bits of everything that is sent, (B,)."""

    y_hat: Tensor
    bits: Tensor


class Run(NamedTuple):
    """The tables of consecutive symbols in raster order, ``numbers`` (n,) uint16: one chunk."""

    tables: entropy.TableSet
    numbers: NDArray[np.uint16]


class Density(Protocol):
    """What a step codes with. Symbols are whole numbers; residuals are what they are rounded from."""

    @property
    def shape(self) -> torch.Size: ...
    def residual(self, value: Tensor) -> Tensor: ...
    def rounded(self, residual: Tensor) -> Tensor: ...
    def restore(self, residual: Tensor) -> Tensor: ...
    def bits(self, residual: Tensor) -> Tensor: ...
    def runs(self) -> Iterable[Run]: ...


class Uncentred:
    """What densities without one mean have in common: the residual is the value."""

    def residual(self, value: Tensor) -> Tensor:
        return value

    def rounded(self, residual: Tensor) -> Tensor:
        return residual.round()

    def restore(self, residual: Tensor) -> Tensor:
        return residual


class Centred:
    """What densities round a mean have in common: the residual is what is left of the value without it."""

    mean: Tensor

    @property
    def shape(self) -> torch.Size:
        return self.mean.shape

    def residual(self, value: Tensor) -> Tensor:
        return value - self.mean

    def rounded(self, residual: Tensor) -> Tensor:
        return residual.round()

    def restore(self, residual: Tensor) -> Tensor:
        return residual + self.mean


class Code(Protocol):
    """What a walk is led by; ``size`` is (batch, height, width) of y."""

    size: tuple[int, int, int]

    def __call__(self, pick: Pick, density: Density) -> Tensor: ...


class Estimate:
    """Counts bits: of noisy residuals in training, of symbols otherwise."""

    def __init__(self, y: Tensor, training: bool) -> None:
        self.y, self.training = y, training
        self.size = (y.shape[0], y.shape[2], y.shape[3])
        self.bits = y.new_zeros(len(y))

    def __call__(self, pick: Pick, density: Density) -> Tensor:
        residual = density.residual(pick(self.y))
        symbols = density.rounded(residual)
        coded = residual + torch.rand_like(residual) - 0.5 if self.training else symbols
        self.bits = self.bits + density.bits(coded).flatten(1).sum(1)
        if not self.training:
            return density.restore(symbols)
        return density.restore(straight_through(residual, symbols))


class Writer:
    """Codes symbols of one y into chunks."""

    def __init__(self, y: Tensor) -> None:
        self.y, self.size = y, (y.shape[0], y.shape[2], y.shape[3])
        self.chunks: list[bytes] = []

    def __call__(self, pick: Pick, density: Density) -> Tensor:
        symbols = density.rounded(density.residual(pick(self.y)))
        if not (symbols.abs() < SYMBOL_LIMIT).all():
            raise ValueError(
                "a latent is not finite or beyond 2^24: look for the step at which training blew up"
            )
        self.write(symbols.flatten().to(torch.int32).cpu().numpy(), density)
        return density.restore(symbols)

    def write(self, values: NDArray[np.int32], density: Density) -> None:
        """The symbols (n,) of a step as chunks, one a run."""
        done = 0
        for run in density.runs():
            part = values[done : done + run.numbers.size]
            self.chunks.append(entropy.encode(part, run.numbers, run.tables))
            done += run.numbers.size


class Reader:
    """Takes symbols out of chunks."""

    def __init__(self, chunks: Sequence[bytes], height: int, width: int, device: torch.device) -> None:
        self.chunks, self.device, self.used = chunks, device, 0
        self.size = (1, height, width)

    def __call__(self, pick: Pick, density: Density) -> Tensor:
        symbols = torch.from_numpy(self.read(density)).view(density.shape)
        return density.restore(symbols.to(self.device, torch.float32))

    def read(self, density: Density) -> NDArray[np.int32]:
        """The symbols (n,) of a step."""
        return np.concatenate(
            [entropy.decode(self.next(), run.numbers, run.tables) for run in density.runs()]
        )

    def next(self) -> bytes:
        """The chunk that is read now; ValueError where there is none left."""
        if self.used == len(self.chunks):
            raise ValueError(f"{self.used} chunks are too few: give all that compress returned")
        self.used += 1
        return self.chunks[self.used - 1]
