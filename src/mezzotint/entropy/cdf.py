# SPDX-License-Identifier: Apache-2.0
"""Integer frequency tables, with their laws checked once, when they are made (docs/format.md section 9.1).

A table is a smallest value and n frequencies. The laws: 1 <= n <= 2^16, every frequency is at least 1 (so the
cumulative counts rise strictly and every symbol can be coded), and they sum to 2^24 exactly. Entry i stands for the
value minimum + i; in a table with an escape, the last entry stands for all other values. n = 1 is one certain symbol,
which is never coded.

Trap: uint32 frequencies overflow nothing when summed as int64, but do when summed as uint32 on some systems.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import ans
from mezzotint.errors import DamagedModel

TOTAL_BITS = 24
TOTAL = 1 << TOTAL_BITS
MAX_ENTRIES = 1 << 16
MAX_TABLES = 1 << 16  # table numbers are uint16 at most
MAX_VALUE = 1 << 24  # of a table's own entries, either sign; leaves room for escapes in int32


@dataclass(frozen=True, eq=False)
class Table:
    """One table. DamagedModel when a law is broken. The frequencies are copied and made read-only."""

    minimum: int  # the value of entry 0
    frequencies: NDArray[np.uint32]  # (n,)
    escape: bool = False  # the last entry stands for every other value; needs n > 1

    def __post_init__(self) -> None:
        given = self.frequencies
        if given.ndim != 1 or given.dtype.kind not in "iu" or not 1 <= given.size <= MAX_ENTRIES:
            raise DamagedModel(f"a table must have 1 to {MAX_ENTRIES} integer frequencies")
        if int(given.min()) < 1:
            raise DamagedModel("a table has a frequency below 1")
        if int(given.max()) > TOTAL or int(given.sum(dtype=np.int64)) != TOTAL:
            raise DamagedModel("the frequencies of a table do not sum to 2^24")
        if self.escape and given.size == 1:
            raise DamagedModel("a table has an escape and nothing else")
        frequencies = given.astype(np.uint32)
        frequencies.setflags(write=False)
        object.__setattr__(self, "frequencies", frequencies)
        object.__setattr__(self, "minimum", int(self.minimum))
        if self.minimum < -MAX_VALUE or self.maximum > MAX_VALUE:
            raise DamagedModel("a table has values beyond 2^24")

    @property
    def certain(self) -> bool:
        """One entry: its symbol is known without any word."""
        return self.frequencies.size == 1

    @property
    def value_count(self) -> int:
        """Entries with a value of their own; also the number of the escape entry, if there is one."""
        return int(self.frequencies.size) - self.escape

    @property
    def maximum(self) -> int:
        """The largest value with an entry of its own."""
        return self.minimum + self.value_count - 1


@dataclass(frozen=True, eq=False)
class TableSet:
    """The tables that one kind of layer is coded with, numbered from 0."""

    tables: tuple[Table, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.tables) <= MAX_TABLES:
            raise DamagedModel(f"a set must have 1 to {MAX_TABLES} tables")

    @classmethod
    def from_arrays(
        cls,
        frequencies: NDArray[np.uint32],
        lengths: NDArray[np.int32],
        minima: NDArray[np.int32],
        escape: bool,
    ) -> TableSet:
        """Tables that lie end to end: table i has lengths[i] of the frequencies.

        With `escape`, every table but those of one certain symbol ends with an escape.
        """
        if frequencies.ndim != 1 or lengths.ndim != 1 or lengths.shape != minima.shape or not lengths.size:
            raise DamagedModel("the arrays of a table set do not fit together")
        if int(lengths.min()) < 1 or int(lengths.sum(dtype=np.int64)) != frequencies.size:
            raise DamagedModel("the lengths of the tables do not add up to their frequencies")
        starts = np.cumsum(lengths[:-1], dtype=np.int64)
        parts = np.split(frequencies, starts.tolist())
        return cls(
            tuple(
                Table(minimum, part, escape and part.size > 1)
                for minimum, part in zip(minima.tolist(), parts, strict=True)
            )
        )

    def __len__(self) -> int:
        return len(self.tables)

    @cached_property
    def certain(self) -> tuple[int, ...]:
        """The numbers of the tables that are never coded."""
        return tuple(number for number, table in enumerate(self.tables) if table.certain)

    @cached_property
    def fill(self) -> NDArray[np.int32]:
        """(T,): the certain symbol of each table, 0 for the others."""
        return np.array([table.minimum if table.certain else 0 for table in self.tables], np.int32)

    @cached_property
    def _models(self) -> list[Any]:
        return [None] * len(self.tables)

    def model(self, number: int) -> Any:
        """What `ans.Stack` codes with, made when a table is first used and then kept."""
        model = self._models[number]
        if model is None:
            model = self._models[number] = ans.make_model(self.tables[number].frequencies)
        return model
