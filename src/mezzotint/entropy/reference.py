# SPDX-License-Identifier: Apache-2.0
"""The entropy coder again, in plain Python integers: slow, short, to be read beside docs/format.md section 9.

`encode` and `decode` give the same words and values as those in coder.py, and refuse the same words. No numpy, no
constriction, nothing shared with the fast coder: that is what makes agreement mean something.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from mezzotint.errors import DamagedFile

PRECISION = 24  # frequencies sum to 2^24
START = 1 << 24  # the state before the first push and after the last pop
WORD = 1 << 32


class PlainTable(NamedTuple):
    """As `cdf.Table`, in plain integers."""

    minimum: int
    frequencies: tuple[int, ...]
    escape: bool = False

    @property
    def value_count(self) -> int:
        return len(self.frequencies) - self.escape

    @property
    def maximum(self) -> int:
        return self.minimum + self.value_count - 1

    def left(self) -> list[int]:
        """left()[i] is the sum of the frequencies before entry i."""
        return [0, *accumulate(self.frequencies)][:-1]


BYTE = PlainTable(0, (1 << 16,) * 256)


# -- 9.2: the order of symbols ----------------------------------------------------------------------------


def coding_order(indices: Sequence[int], tables: Sequence[PlainTable]) -> list[int]:
    """Positions by table number, then by position; those of tables with one certain symbol are left out."""
    coded = [position for position, number in enumerate(indices) if len(tables[number].frequencies) > 1]
    return sorted(coded, key=lambda position: indices[position])  # stable


# -- 9.3: words -------------------------------------------------------------------------------------------


class Stack:
    """The state and the words; the last word is the top."""

    def __init__(self, words: Sequence[int] = (START,)) -> None:
        self.state = 0
        self.words = list(words)
        self._refill()
        self._refill()

    def _refill(self) -> None:
        if self.state < WORD and self.words:
            self.state = self.state << 32 | self.words.pop()

    def push(self, entry: int, table: PlainTable) -> None:
        frequency = table.frequencies[entry]
        if self.state >> (64 - PRECISION) >= frequency:
            self.words.append(self.state % WORD)
            self.state >>= 32
        whole, rest = divmod(self.state, frequency)
        self.state = (whole << PRECISION) + table.left()[entry] + rest

    def pop(self, table: PlainTable) -> int:
        left = table.left()
        place = self.state % (1 << PRECISION)
        entry = bisect_right(left, place) - 1  # left[entry] <= place < left[entry] + frequency
        self.state = (self.state >> PRECISION) * table.frequencies[entry] + place - left[entry]
        self._refill()
        return entry

    def close(self) -> list[int]:
        """All words, the state's among them; the last one is never zero."""
        words, state = list(self.words), self.state
        while state:
            words.append(state % WORD)
            state >>= 32
        return words


# -- 9.4: escapes -----------------------------------------------------------------------------------------


def escape_code(value: int, table: PlainTable) -> int:
    if value > table.maximum:
        return 2 * (value - table.maximum - 1)
    return 2 * (table.minimum - 1 - value) + 1


def escaped_value(code: int, table: PlainTable) -> int:
    if code % 2:
        return table.minimum - 1 - code // 2
    return table.maximum + 1 + code // 2


def escape_bytes(code: int) -> list[int]:
    """Seven bits a byte, lowest first; 128 is added to every byte but the last."""
    out = []
    while code >= 128:
        out.append(code % 128 + 128)
        code //= 128
    return [*out, code]


# -- the whole --------------------------------------------------------------------------------------------


def encode(values: Sequence[int], indices: Sequence[int], tables: Sequence[PlainTable]) -> list[int]:
    """The words of a chunk."""
    pushes: list[tuple[int, PlainTable]] = []  # in coding order
    spelled: list[list[int]] = []
    for position in coding_order(indices, tables):
        value, table = values[position], tables[indices[position]]
        if table.minimum <= value <= table.maximum:
            pushes.append((value - table.minimum, table))
        else:
            assert table.escape, "a value outside a table without escape"
            pushes.append((table.value_count, table))
            spelled.append(escape_bytes(escape_code(value, table)))
    assert all(len(bytes_) <= 4 for bytes_ in spelled), "a value more than 2^27 beyond its table"
    if not pushes:
        return []
    for step in range(4):
        pushes += [(bytes_[step], BYTE) for bytes_ in spelled if step < len(bytes_)]
    stack = Stack()
    for entry, table in reversed(pushes):
        stack.push(entry, table)
    return stack.close()


def decode(words: Sequence[int], indices: Sequence[int], tables: Sequence[PlainTable]) -> list[int]:
    """The values of a chunk; DamagedFile for words that `encode` gives for no values."""
    values = [tables[number].minimum for number in indices]  # right already where the symbol is certain
    order = coding_order(indices, tables)
    if not order:
        if words:
            raise DamagedFile("words, and no symbols")
        return values
    if not words or words[-1] == 0:
        raise DamagedFile("no words, or a zero as the last one")
    stack = Stack(words)
    escaped = []
    for position in order:
        table = tables[indices[position]]
        entry = stack.pop(table)
        values[position] = table.minimum + entry
        if table.escape and entry == table.value_count:
            escaped.append(position)
    codes = dict.fromkeys(escaped, 0)
    waiting = escaped
    for step in range(4):
        bytes_ = [stack.pop(BYTE) for _ in waiting]
        if step and 0 in bytes_:
            raise DamagedFile("an escape that is not in its shortest spelling")
        for position, byte in zip(waiting, bytes_, strict=True):
            codes[position] += byte % 128 << 7 * step
        waiting = [position for position, byte in zip(waiting, bytes_, strict=True) if byte >= 128]
    if waiting:
        raise DamagedFile("an escape of more than four bytes")
    for position, code in codes.items():
        values[position] = escaped_value(code, tables[indices[position]])
    if stack.state != START or stack.words:
        raise DamagedFile("the words do not end where the symbols do")
    return values
