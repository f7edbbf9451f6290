# SPDX-License-Identifier: Apache-2.0
"""One layer of one tile <-> the bytes of its chunk, table by table (docs/format.md section 9).

    coding order:  symbols of table 0, 1, 2 ... (raster order in each, certain tables left out) | escapes, in rounds

The coder is a stack: decoding pops in coding order, so encoding pushes from the end. `reference` does the same in plain
integers; both give the same words.

Trap: `decode` refuses exactly the bytes that `encode` gives for no values with these table numbers. Damage that happens
to turn one chunk into another well-formed one is for the checksum to find (docs/format.md section 4). Time and memory
follow from the number of symbols alone, whatever the words are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import ans, escape
from mezzotint.entropy.cdf import TableSet
from mezzotint.entropy.grouping import Indices, group
from mezzotint.errors import DamagedFile, UsageError

Escapes = list[tuple[int, NDArray[np.intp]]]  # (table number, places in coding order), table after table


def encode(values: NDArray[np.int32], indices: Indices, tables: TableSet) -> bytes:
    """The chunk of `values` (n,), each coded with the table of its number in `indices` (n,); b"" if none is coded.

    UsageError for a value that its table cannot code: outside a table without escape, another than the certain one, or
    more than 2^27 beyond a table.
    """
    if values.dtype != np.int32 or values.shape != indices.shape:
        raise UsageError(f"symbols of {values.dtype} shaped {values.shape}", "give int32, one a table number")
    groups = group(indices, tables)
    symbols = groups.gather(values)  # (coded,) in coding order
    fill = tables.fill
    others = values - fill.take(indices) if fill.any() else values
    if np.count_nonzero(others) != np.count_nonzero(symbols):
        raise UsageError("a symbol differs from the one that is certain", "give the table's own value there")
    if not symbols.size:
        return b""

    codes = []
    for number, start, stop in groups.spans:
        table = tables.tables[number]
        part = symbols[start:stop]
        part -= np.int32(table.minimum)  # wraps far outside, and stays outside as unsigned
        entry = part.view(np.uint32)
        if int(entry.max()) >= table.value_count:
            if not table.escape:
                raise UsageError(f"a symbol lies outside table {number}, which has no escape")
            places = np.flatnonzero(entry >= table.value_count)
            outside = part[places] + np.int32(table.minimum)  # wraps back
            codes.append(escape.to_codes(outside, table.minimum, table.maximum))
            part[places] = table.value_count

    stack = ans.Stack()
    for bytes_ in reversed(escape.to_rounds(np.concatenate(codes)) if codes else []):
        stack.push(bytes_, _byte_model())
    for number, start, stop in reversed(groups.spans):
        stack.push(symbols[start:stop], tables.model(number))
    return stack.words().astype("<u4", copy=False).tobytes()


def decode(data: bytes, indices: Indices, tables: TableSet) -> NDArray[np.int32]:
    """The values (n,) of a chunk; DamagedFile for bytes that `encode` gives for no values with these table numbers."""
    groups = group(indices, tables)
    fill = tables.fill
    values = fill.take(indices) if fill.any() else np.zeros(indices.size, np.int32)
    if not groups.size:
        if len(data):
            raise DamagedFile("a layer holds words and codes no symbols")
        return values

    stack = ans.Stack(_words(data))
    symbols = np.empty(groups.size, np.int32)
    escapes: Escapes = []
    for number, start, stop in groups.spans:
        table = tables.tables[number]
        entries = stack.pop(tables.model(number), stop - start)
        if table.escape and int(entries.max()) == table.value_count:
            escapes.append((number, start + np.flatnonzero(entries == table.value_count)))
        np.add(entries, np.int32(table.minimum), out=symbols[start:stop])
    _read_escapes(stack, escapes, symbols, tables)
    if not stack.at_start():
        raise DamagedFile("the words of a layer do not end where its symbols do")
    groups.scatter(symbols, values)
    return values


def _read_escapes(stack: ans.Stack, escapes: Escapes, symbols: NDArray[np.int32], tables: TableSet) -> None:
    count = sum(places.size for _, places in escapes)
    if not count:
        return
    codes = escape.from_rounds(count, lambda size: stack.pop(_byte_model(), size))
    done = 0
    for number, places in escapes:
        table = tables.tables[number]
        part = codes[done : done + places.size]
        symbols[places] = escape.to_values(part, table.minimum, table.maximum)
        done += places.size


def _words(data: bytes) -> NDArray[np.uint32]:
    if not len(data) or len(data) % 4:
        raise DamagedFile(f"a layer of {len(data)} bytes holds no whole words for its symbols")
    words = np.frombuffer(data, "<u4").astype(np.uint32)
    if words[-1] == 0:
        raise DamagedFile("the last word of a layer is zero")
    return words


@lru_cache(maxsize=1)
def _byte_model() -> Any:
    return ans.make_model(escape.BYTE_FREQUENCIES)
