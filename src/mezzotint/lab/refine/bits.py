# SPDX-License-Identifier: Apache-2.0
"""What symbols cost in a file: -log2 of their frequencies in the bundle's tables, escapes included."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mezzotint.bundle import Bundle
from mezzotint.entropy.cdf import TOTAL_BITS, Table
from mezzotint.entropy.escape import to_codes
from mezzotint.runtime.latents import TileLatents

_BITS_A_BYTE = 8  # of an escape


def symbol_bits(latents: TileLatents, bundle: Bundle) -> float:
    """Bits of the y symbols of a tile. z is left out: refining never changes it."""
    values, indices = latents.symbols.reshape(-1), latents.indices.reshape(-1)
    order = np.argsort(indices, kind="stable")
    ends = np.cumsum(np.bincount(indices, minlength=len(bundle.y_tables)))[:-1]
    groups = np.split(values[order], ends)
    return float(
        sum(
            _group_bits(group, table, prices)
            for group, table, prices in zip(groups, bundle.y_tables.tables, _prices(bundle), strict=True)
            if group.size and not table.certain
        )
    )


def _group_bits(values: np.ndarray, table: Table, prices: np.ndarray) -> float:
    entry = values.astype(np.int64) - table.minimum
    outside = (entry < 0) | (entry >= table.value_count)
    entry[outside] = table.value_count  # the escape entry
    total = prices[entry].sum()
    if outside.any():
        codes = to_codes(values[outside], table.minimum, table.maximum)
        length = np.maximum(1, -(-np.ceil(np.log2(codes + 1)) // 7))  # bytes of seven bits each
        total += _BITS_A_BYTE * length.sum()
    return float(total)


@lru_cache(maxsize=4)
def _prices(bundle: Bundle) -> tuple[np.ndarray, ...]:
    """Bits of each entry of each table, the escape last."""
    return tuple(
        TOTAL_BITS - np.log2(table.frequencies.astype(np.float64)) for table in bundle.y_tables.tables
    )
