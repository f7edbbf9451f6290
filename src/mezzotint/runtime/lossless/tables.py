# SPDX-License-Identifier: Apache-2.0
"""The frozen numbers of lossless coding, read from `tables.npz` and held to their laws (docs/format.md).

`dev/lossless_tables.py` fits them and writes the file; nothing is fitted, and no probability computed, at coding time.
Trap: the numbers are part of the format. Another file gives another TABLES_ID, and what was coded with the old one
becomes unreadable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TOTAL, Table, TableSet
from mezzotint.errors import DamagedModel
from mezzotint.runtime.lossless import features
from mezzotint.runtime.lossless.predict import PassModel
from mezzotint.runtime.lossless.spreads import MOST_LOW_BITS, SCALES
from mezzotint.runtime.lossless.weighting import LARGEST_SUM, WEIGHT_BITS

TABLES_ID = bytes.fromhex("c86a32f2c5f31366")
FILE = Path(__file__).with_name("tables.npz")
GROUPS = 3  # levels 0, 1, and 2 and coarser have models of their own
PLANES = 3
PASSES = 3
SHAPES = 3
PHASES = 5
TABLES = SCALES * SHAPES * PHASES
FREQUENCY_BITS = 16  # frequencies are stored in units of 2^8
MOST_SETS = 16

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Frozen:
    """All frozen numbers, checked."""

    passes: Mapping[tuple[int, int, int], PassModel]  # (group, planes known before, pass)
    maps: Mapping[tuple[int, int, int], NDArray[np.uint8]]  # (SCALES,): scale * SHAPES + shape
    residuals: TableSet  # number = (scale * SHAPES + shape) * PHASES + phase

    @cached_property
    def plain_bits(self) -> TableSet:
        """Table k codes k bits, all values alike; table 0 codes nothing."""
        return TableSet(
            tuple(Table(0, np.full(1 << bits, TOTAL >> bits, np.uint32)) for bits in range(MOST_LOW_BITS + 1))
        )


def group(level: int) -> int:
    return min(level, GROUPS - 1)


@lru_cache(maxsize=1)
def frozen() -> Frozen:
    """The numbers of this release, loaded once. DamagedModel when the file is not the one that TABLES_ID names."""
    try:
        with np.load(FILE, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError) as error:
        raise DamagedModel(
            f"the lossless tables cannot be read: {error}", "install Mezzotint again"
        ) from None
    if identity(arrays) != TABLES_ID:
        raise DamagedModel("the lossless tables are not those of this release", "install Mezzotint again")
    return assemble(arrays)


def identity(arrays: Arrays) -> bytes:
    """The first 8 bytes of the SHA-256 over names, types, shapes and little-endian contents, sorted by name."""
    digest = hashlib.sha256(b"mezzotint lossless 1\n")
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        shape = " ".join(map(str, array.shape))
        digest.update(f"{name} {little.dtype.str[1:]} {shape}\n".encode())
        digest.update(little.tobytes())
    return digest.digest()[:8]


def assemble(arrays: Arrays) -> Frozen:
    """DamagedModel for numbers that break the laws that make coding exact."""
    passes, maps = {}, {}
    for place in np.ndindex(GROUPS, PLANES, PASSES):
        key = (int(place[0]), int(place[1]), int(place[2]))
        name = "".join(map(str, key))
        weights = np.asarray(arrays[f"weights{name}"], np.int32)
        spread = np.asarray(arrays[f"spread{name}"], np.int32)
        _check_weights(weights, key[1], key[2])
        _check_spread(spread, key[1], key[2])
        passes[key] = PassModel(weights, spread)
        maps[key] = np.asarray(arrays[f"map{name}"], np.uint8)
        if maps[key].shape != (SCALES,) or int(maps[key].max()) >= SCALES * SHAPES:
            raise DamagedModel("a table map is wrong")
    frequencies = np.asarray(arrays["frequencies"], np.uint32) * np.uint32(1 << (24 - FREQUENCY_BITS))
    lengths, minima = np.asarray(arrays["lengths"], np.int32), np.asarray(arrays["minima"], np.int32)
    if lengths.shape != (TABLES,):
        raise DamagedModel(f"there must be {TABLES} tables")
    return Frozen(passes, maps, TableSet.from_arrays(frequencies, lengths, minima, escape=True))


def _check_weights(weights: NDArray[np.int32], before: int, number: int) -> None:
    """Sums make a flat picture predict itself; sizes keep every partial sum of 16-bit samples below 2^31."""
    wanted = features.tap_count(number, before), features.CLASSES
    if weights.ndim != 3 or weights.shape[1:] != wanted or not 1 <= len(weights) <= MOST_SETS:
        raise DamagedModel("weights of the wrong shape")
    if (weights.sum(axis=1) != 1 << WEIGHT_BITS).any() or (np.abs(weights).sum(axis=1) >= LARGEST_SUM).any():
        raise DamagedModel("weights that do not sum to one, or too large")


def _check_spread(spread: NDArray[np.int32], before: int, number: int) -> None:
    if spread.shape != (features.feature_count(number, before) + 1, features.CLASSES):
        raise DamagedModel("spread weights of the wrong shape")
    bounds = [1 << 19] * features.GRADIENTS + [1 << 21] * (len(spread) - features.GRADIENTS - 1) + [1]
    if (np.abs(spread.astype(np.int64)).T @ np.array(bounds, np.int64)).max() >= 1 << 31:
        raise DamagedModel("spread weights too large")
