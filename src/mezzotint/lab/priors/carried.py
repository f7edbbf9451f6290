# SPDX-License-Identifier: Apache-2.0
"""A table counted on the very symbols that it codes, and carried in front of them in few bytes.

For what has no prior: the numbers that one picture or one network was fitted to. A table is a smallest value, a count
of bins, their width (2^w values each) and half a byte a bin: a level, which stands for a mass of 2^(2/3 level) or so.
The width is the one that makes table and symbols shortest together. The trap: masses are whole numbers written here,
never a power computed by a library, since both sides make the frequencies of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.entropy import TOTAL, Table
from mezzotint.errors import DamagedFile
from mezzotint.lab.priors.tables import quantise

MASSES = np.array([0, 10, 16, 25, 40, 63, 101, 160, 254, 403, 640, 1016, 1613, 2560, 4064, 6451], np.int64)
WIDTHS = range(8)  # bins of 1 to 128 values
MOST = 1 << 16  # entries of a table
FARTHEST = 1 << 23  # of a smallest value from zero

Values = NDArray[np.int32]


def counted(values: Values) -> tuple[bytes, Table]:
    """The bytes of a table for these symbols (n,), n > 0, and the table. ValueError where they span over 2^16."""
    low, high = int(values.min()), int(values.max())
    if high - low >= MOST - 1 or abs(low) > FARTHEST:
        raise ValueError(f"symbols from {low} to {high} are too far apart: fit with a coarser step")
    counts = np.bincount(values - low)
    found = [_at_width(counts, low, width) for width in WIDTHS]
    return min(found, key=lambda pair: 8 * len(pair[0]) + _bits(counts, pair[1]))


def read(reader: Reader) -> Table:
    """The table that lies there; DamagedFile for bytes that `counted` gives for no symbols."""
    low = unzigzag(reader.varint("the smallest value of a table"))
    bins, width = reader.varint("the bins of a table"), reader.unsigned(1, "the width of a table's bins")
    if abs(low) > FARTHEST or width not in WIDTHS or not 0 < bins << width < MOST + (1 << width):
        raise DamagedFile("a carried table has too many entries or begins too far from zero")
    packed = np.frombuffer(reader.take(-(-bins // 2), "the levels of a table"), np.uint8)
    levels = np.stack([packed & 15, packed >> 4], 1).reshape(-1)
    if levels[bins:].any() or not levels[:bins].any():
        raise DamagedFile("a carried table has levels behind its end, or none")
    return _table(low, levels[:bins], width)


def _at_width(counts: NDArray[np.int64], low: int, width: int) -> tuple[bytes, Table]:
    bins = -(-len(counts) >> width)
    full = np.zeros(bins << width, np.int64)
    full[: len(counts)] = counts
    sums = full.reshape(bins, -1).sum(1)
    steps = np.log2(sums.max() / np.maximum(sums, 1)) * 1.5
    levels = np.where(sums > 0, np.clip(15 - steps.round(), 1, 15), 0).astype(np.uint8)
    padded = np.append(levels, np.uint8(0))[: bins + bins % 2]
    packed = padded[::2] | padded[1::2] << 4
    head = varint.pack(zigzag(low)) + varint.pack(bins) + bytes([width])
    return head + packed.tobytes(), _table(low, levels, width)


def _table(low: int, levels: NDArray[np.uint8], width: int) -> Table:
    masses = np.repeat(MASSES[levels], 1 << width)
    return Table(low, quantise(masses))


def _bits(counts: NDArray[np.int64], table: Table) -> float:
    shares = table.frequencies[: len(counts)] / TOTAL
    return float(-(counts * np.log2(shares)).sum())


def zigzag(value: int) -> int:
    """0, -1, 1, -2 ... -> 0, 1, 2, 3 ..."""
    return 2 * value if value >= 0 else -2 * value - 1


def unzigzag(value: int) -> int:
    """The inverse."""
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


def uniform(size: int) -> Table:
    """All of 0 to size - 1 alike."""
    return Table(0, quantise(np.ones(size, np.int64)))


def indices_of(parts: Sequence[Values]) -> NDArray[np.uint16]:
    """The table numbers of parts laid end to end, each coded with its own."""
    return np.repeat(np.arange(len(parts), dtype=np.uint16), [len(part) for part in parts])
