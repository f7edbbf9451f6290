# SPDX-License-Identifier: Apache-2.0
"""Tables by what was seen: even distributions of symbols, one a kind and a step of scale, counted on training pictures.

A scale is a prediction of the mean magnitude; which symbols come at it is counted, so that neither the shape of the
density nor an error of the prediction that is the same everywhere costs anything. A Laplacian of that scale stands in
for PRIOR_WEIGHT symbols of each entry where little was seen. With the tables goes what decoding adds to a magnitude of
1, 2, or more: the mean of what was rounded to it. The trap: counts are of symbols that an encoder chose by the price of
tables, so they are counted again under the new ones.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.entropy import TOTAL, Table, TableSet
from mezzotint.lab.priors.tables import quantise

STEPS = 56  # of scale
LEAST, MOST = 0.02, 400.0  # scales
RATIO = (MOST / LEAST) ** (1 / (STEPS - 1))
REACH = 600  # widest table
PRIOR_WEIGHT = 10.0
FAR = 21.0  # bits of what is beyond a table, about
MOVED = 3  # magnitudes with a mean of their own: 1, 2, and all more


def steps_of(scale: NDArray[np.int64], point: int) -> NDArray[np.intp]:
    """Scales in units of 2^-point -> steps 0..STEPS - 1, by comparisons of whole numbers."""
    limits = [round(LEAST * RATIO ** (k + 0.5) * (1 << point)) for k in range(STEPS - 1)]
    return np.searchsorted(np.array(limits, np.int64), scale, side="right")


def reach_of(step: int) -> int:
    """The largest magnitude with an entry of its own."""
    return min(REACH, max(2, math.ceil(9 * LEAST * RATIO**step)))


def laplacian_bits(magnitude: Tensor, scale: Tensor) -> Tensor:
    """Bits of a symbol, its sign among them, of a rounded Laplacian whose mean magnitude is ``scale``; elementwise."""
    scale = scale.clamp_min(LEAST)
    none = -torch.log2(-torch.expm1(-0.5 / scale))
    some = (
        1 + (magnitude - 0.5) / (scale * math.log(2)) - torch.log2(-torch.expm1(-1 / scale).clamp_max(-1e-12))
    )
    return torch.where(magnitude < 0.5, none, some)


class Counted(nn.Module):
    """Tables numbered kind * STEPS + step, for ``kinds`` kinds; whole numbers, made when symbols were counted."""

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.kinds = kinds
        # Of 2^24: magnitude 0, one sign of each other one, and what is beyond the table.
        self.register_buffer("share", torch.zeros(kinds * STEPS, REACH + 2, dtype=torch.int32))
        self.register_buffer("moved", torch.zeros(kinds * STEPS, MOVED))
        self._kept: tuple[int, TableSet] | None = None
        self.count(np.zeros((kinds * STEPS, REACH + 2), np.int64), np.zeros((kinds * STEPS, MOVED)))

    def count(self, seen: NDArray[np.int64], moves: NDArray[np.float64]) -> None:
        """Make tables from counts (T, REACH + 2) of magnitudes, the last of all larger ones.

        ``moves`` (T, MOVED): sums of what they were rounded from, less the magnitudes.
        """
        for number, row in enumerate(seen):
            self.share[number] = torch.from_numpy(shares(row, number % STEPS))
        often = np.concatenate([seen[:, 1:MOVED], seen[:, MOVED:].sum(1, keepdims=True)], 1)
        self.moved.copy_(torch.from_numpy(moves / (often + 100)))  # towards 0 where little was seen

    def tables(self) -> TableSet:
        share = self.share.numpy()
        state = zlib.crc32(share.tobytes())  # shares may have been loaded since
        if self._kept is None or self._kept[0] != state:
            made = tuple(table(row, reach_of(number % STEPS)) for number, row in enumerate(share))
            self._kept = state, TableSet(made)
        return self._kept[1]

    def costs(self) -> NDArray[np.float32]:
        """(T, REACH + 2) bits of magnitudes, signs included; the last of what is beyond a table."""
        share = self.share.numpy().astype(np.float32)
        share[:, -1] = 0
        return np.where(share > 0, 24 - np.log2(np.maximum(share, 1)), np.float32(FAR))


def shares(seen: NDArray[np.int64], step: int) -> NDArray[np.int32]:
    """Counts (REACH + 2,) at a step of scale -> a row of `Counted.share`."""
    reach = reach_of(step)
    magnitudes = torch.arange(reach + 1, dtype=torch.float64)
    mass = torch.exp2(-laplacian_bits(magnitudes, torch.tensor(LEAST * RATIO**step).double())).numpy()
    mass[1:] *= 2  # both signs
    mass = np.append(mass, max(1 - mass.sum(), 2.0**-20)) * PRIOR_WEIGHT * (reach + 1)
    mass += np.append(seen[: reach + 1], seen[reach + 1 :].sum())
    half = mass[1:-1] / 2
    entries = quantise(np.concatenate([mass[:1], half, half, mass[-1:]])).astype(np.int32)
    found = np.zeros(REACH + 2, np.int32)
    found[1 : reach + 1] = entries[1 : reach + 1].clip(
        max=entries[reach + 1 : -1]
    )  # one of them took what was over
    found[-1] = entries[-1]
    found[0] = TOTAL - 2 * found[1:-1].sum() - found[-1]
    return found


def table(share: NDArray[np.int32], reach: int) -> Table:
    """A row of `Counted.share` as a table."""
    half = share[1 : reach + 1]
    return Table(-reach, np.concatenate([half[::-1], share[:1], half, share[-1:]]), escape=True)
