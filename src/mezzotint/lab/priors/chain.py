# SPDX-License-Identifier: Apache-2.0
"""Several runs of symbols in one chunk: the coder's stack goes on from run to run, so that only one end is paid for.

    coding order:  run 1, its escapes | run 2, its escapes | ...       tables of a run may hang on all runs before it

`entropy.encode` makes a chunk of every run, which costs some five bytes at its end. A prior of many short steps, each
under probabilities that the steps before it decide, would spend more on ends than on symbols. The order within a run,
its escapes and the words are those of docs/format.md 9. The trap: the coder is a stack, so that all runs must be known
before the first is pushed; a writer keeps them until it is closed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TableSet, ans, escape
from mezzotint.entropy.grouping import Indices, group
from mezzotint.errors import DamagedFile, UsageError

Values = NDArray[np.int32]


class ChainWriter:
    """Keeps runs in the order in which they will be read."""

    def __init__(self) -> None:
        self._runs: list[tuple[Values, Indices, TableSet]] = []

    def add(self, values: Values, numbers: Indices, tables: TableSet) -> None:
        """``values`` (n,) int32, each with the table of its number in ``numbers`` (n,); no table may be certain."""
        self._runs.append((values, numbers, tables))

    def close(self) -> bytes:
        """The chunk of all runs; UsageError for a value that its table cannot code."""
        stack = ans.Stack()
        for run in reversed(self._runs):
            _push(stack, *run)
        return stack.words().astype("<u4", copy=False).tobytes()


class ChainReader:
    """Reads the runs of a chunk one by one; DamagedFile for what no writer wrote."""

    def __init__(self, data: bytes) -> None:
        if not data or len(data) % 4 or not any(data[-4:]):
            raise DamagedFile(f"a chain of {len(data)} bytes holds no whole words")
        self._stack = ans.Stack(np.frombuffer(data, "<u4").astype(np.uint32))

    def read(self, numbers: Indices, tables: TableSet) -> Values:
        """The values (n,) of the next run."""
        groups = group(numbers, tables)
        symbols = np.empty(groups.size, np.int32)
        escaped: list[tuple[int, NDArray[np.intp]]] = []
        for number, start, stop in groups.spans:
            table = tables.tables[number]
            entries = self._stack.pop(tables.model(number), stop - start)
            if table.escape and int(entries.max()) == table.value_count:
                escaped.append((number, start + np.flatnonzero(entries == table.value_count)))
            np.add(entries, np.int32(table.minimum), out=symbols[start:stop])
        self._escapes(escaped, symbols, tables)
        values = np.zeros(numbers.size, np.int32)
        groups.scatter(symbols, values)
        return values

    def close(self) -> None:
        """To be called behind the last run; DamagedFile where the chunk holds more, or held less."""
        if not self._stack.at_start():
            raise DamagedFile("the words of a chain do not end where its symbols do")

    def _escapes(
        self, escaped: list[tuple[int, NDArray[np.intp]]], symbols: Values, tables: TableSet
    ) -> None:
        count = sum(places.size for _, places in escaped)
        codes = escape.from_rounds(count, lambda size: self._stack.pop(_byte_model(), size))
        done = 0
        for number, places in escaped:
            table = tables.tables[number]
            symbols[places] = escape.to_values(codes[done : done + places.size], table.minimum, table.maximum)
            done += places.size


def _push(stack: ans.Stack, values: Values, numbers: Indices, tables: TableSet) -> None:
    groups = group(numbers, tables)
    symbols = groups.gather(values)  # a copy, in coding order
    codes = []
    for number, start, stop in groups.spans:
        table, part = tables.tables[number], symbols[start:stop]
        outside = (part < table.minimum) | (part > table.maximum)
        if outside.any():
            if not table.escape:
                raise UsageError(f"a symbol lies outside table {number}, which has no escape")
            codes.append(escape.to_codes(part[outside], table.minimum, table.maximum))
        symbols[start:stop] = np.where(outside, table.value_count, part - np.int32(table.minimum))
    for bytes_ in reversed(escape.to_rounds(np.concatenate(codes)) if codes else []):
        stack.push(bytes_, _byte_model())
    for number, start, stop in reversed(groups.spans):
        stack.push(symbols[start:stop], tables.model(number))


@cache
def _byte_model() -> Any:
    return ans.make_model(escape.BYTE_FREQUENCIES)
