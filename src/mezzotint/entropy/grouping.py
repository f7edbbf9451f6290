# SPDX-License-Identifier: Apache-2.0
"""Coding order: symbols by table number, and in raster order within one table (docs/format.md section 9.2).

Both sides build it from the same table numbers, so that each table is one vectorised call. Sorting could take longer
than coding, hence the pains: symbols of certain tables are dropped before anything is sorted; a stable argsort of uint8
is a radix sort; and blocks are sorted one by one, so that what is moved at random stays in the processor's cache. A
block's part of a table is one slice of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy.cdf import TableSet
from mezzotint.errors import UsageError

Indices = NDArray[np.uint8] | NDArray[np.uint16]
BLOCK = 1 << 16  # symbols; of no consequence for the words


@dataclass(frozen=True, eq=False)
class _Block:
    """BLOCK symbols in raster order, or what is left of them at the end."""

    order: NDArray[np.intp]  # where its coded symbols lie, by table number
    moves: tuple[tuple[slice, slice], ...]  # (in `order`, in the coding order of the chunk), one a table


@dataclass(frozen=True, eq=False)
class Groups:
    """The coding order of one chunk. Spans are (table, start, stop) in coding order, none of them empty."""

    size: int  # symbols that are coded
    spans: tuple[tuple[int, int, int], ...]
    _blocks: tuple[_Block, ...]

    def gather(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n,) in raster order -> (size,) in coding order, without the certain ones."""
        symbols = np.empty(self.size, np.int32)
        for number, block in enumerate(self._blocks):
            part = values[number * BLOCK : (number + 1) * BLOCK].take(block.order)
            for here, there in block.moves:
                symbols[there] = part[here]
        return symbols

    def scatter(self, symbols: NDArray[np.int32], values: NDArray[np.int32]) -> None:
        """The inverse, into `values` (n,); the places of certain symbols are left as they are."""
        for number, block in enumerate(self._blocks):
            part = np.empty(block.order.size, np.int32)
            for here, there in block.moves:
                part[here] = symbols[there]
            values[number * BLOCK : (number + 1) * BLOCK][block.order] = part


def group(indices: Indices, tables: TableSet) -> Groups:
    """The coding order of symbols with these table numbers. UsageError for a number that there is no table for."""
    if indices.ndim != 1 or indices.dtype not in (np.uint8, np.uint16):
        raise UsageError(
            f"table numbers of {indices.dtype} shaped {indices.shape}", "give uint8 or uint16 shaped (n,)"
        )
    if indices.size and int(indices.max()) >= len(tables):
        raise UsageError(f"there is no table {indices.max()}", f"give numbers below {len(tables)}")
    keys = indices if len(tables) > 256 else indices.astype(np.uint8, copy=False)

    orders, ends = [], []
    for start in range(0, keys.size, BLOCK):
        order, ends_here = _sort(keys[start : start + BLOCK], tables)
        orders.append(order)
        ends.append(ends_here)
    counts = np.diff(np.array(ends, np.int64).reshape(len(ends), len(tables) + 1))  # (blocks, T)
    totals = counts.sum(axis=0)
    first = totals.cumsum() - totals  # where each table begins in coding order
    there = first + counts.cumsum(axis=0) - counts  # and where each block's part of it does
    blocks = (_Block(*parts) for parts in zip(orders, map(_moves, ends, counts, there), strict=True))
    spans = zip(range(len(tables)), first.tolist(), (first + totals).tolist(), strict=True)
    return Groups(int(totals.sum()), tuple(span for span in spans if span[1] < span[2]), tuple(blocks))


def _sort(keys: Indices, tables: TableSet) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Coded positions of a block by table number, and (T + 1,) where the part of each table begins and ends."""
    positions = None
    if tables.certain:
        coded = keys != tables.certain[0]
        for number in tables.certain[1:]:
            coded &= keys != number
        positions = np.flatnonzero(coded)
        keys = keys.take(positions)
    order = np.argsort(keys, kind="stable")
    ends = np.searchsorted(keys.take(order), np.arange(len(tables) + 1))
    return order if positions is None else positions.take(order), ends


def _moves(
    ends: NDArray[np.intp], counts: NDArray[np.int64], there: NDArray[np.int64]
) -> tuple[tuple[slice, slice], ...]:
    used = counts > 0
    rows = zip(ends[:-1][used].tolist(), there[used].tolist(), counts[used].tolist(), strict=True)
    return tuple((slice(a, a + count), slice(b, b + count)) for a, b, count in rows)
