# SPDX-License-Identifier: Apache-2.0
"""Tokens that each have masses of their own, coded as yes-or-no halvings with tables from one fixed grid.

The codec half's coder reads tables and never makes one, and a table a symbol would be a table made for each. Here a
token out of 2^n is n questions, "is it in the lower half of what is left?", and the share of the lower half chooses
among a few hundred binary tables, whose odds lie a factor RATIO apart: at most p(1 - p) ln(RATIO)^2 / 24 nats a
question are lost on average, under a thousandth of a bit a token. All positions of one step share each question, and
all steps share one stack, so that a picture pays for the stack's end once and not a thousand times.

The trap: both sides must choose the same table. Masses are whole numbers, their sums are exact below 2^53, and one
division of two exact numbers is rounded alike on every machine; the grid is made by products, not by exp.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TOTAL, Table, TableSet
from mezzotint.entropy.ans import Stack
from mezzotint.entropy.grouping import group
from mezzotint.errors import DamagedFile

RATIO = 1.125
REACH = 100  # steps to either side of even odds: to 2^-17

Masses = NDArray[np.float64]  # (N, T): whole numbers, rows with sums in 1..2^53, T a power of two
Tokens = NDArray[np.int64]


class Code(Protocol):
    """What a walk is led by: masses (N, T) of a step -> its tokens (N,)."""

    def __call__(self, masses: Masses) -> Tokens: ...


class Grid:
    """The tables, and which of them codes a share."""

    def __init__(self, ratio: float = RATIO, reach: int = REACH) -> None:
        odds = np.cumprod(np.full(reach, ratio))
        self.odds = np.concatenate((1 / odds[::-1], [1.0], odds))  # of the lower half, rising
        middles = 0.5 * (self.odds[1:] + self.odds[:-1])
        self.borders = middles / (1 + middles)  # shares
        zero = np.rint(TOTAL * self.odds / (1 + self.odds)).astype(np.uint32).clip(1, TOTAL - 1)
        self.tables = TableSet(tuple(Table(0, np.array([z, TOTAL - z], np.uint32)) for z in zero))

    def number(self, share: NDArray[np.float64]) -> NDArray[np.uint8]:
        return np.searchsorted(self.borders, share).astype(np.uint8)

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """(tables, 2): what a no and a yes cost."""
        return -np.log2(np.stack([t.frequencies for t in self.tables.tables]) / TOTAL)


GRID = Grid()


class _Halving:
    """One step's questions: where each position's range begins, and the share of its lower half."""

    def __init__(self, masses: Masses) -> None:
        rows, self.size = masses.shape
        self.below = np.zeros((rows, self.size + 1))
        np.cumsum(masses, 1, out=self.below[:, 1:])
        self.rows, self.low = np.arange(rows), np.zeros(rows, np.int64)

    def number(self) -> NDArray[np.uint8]:
        """The tables of the next question."""
        self.size //= 2
        left, middle, right = (self.below[self.rows, self.low + k * self.size] for k in (0, 1, 2))
        return GRID.number((middle - left) / (right - left))

    def answer(self, upper: NDArray[np.int32]) -> None:
        self.low += upper * self.size


class Writer:
    """Writes tokens (N, steps); called once a step, in order, with the step's masses."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens, self.step = tokens, 0
        self.asked: list[tuple[NDArray[np.uint8], NDArray[np.int8]]] = []

    def __call__(self, masses: Masses) -> Tokens:
        halving, tokens = _Halving(masses), self.tokens[:, self.step]
        self.step += 1
        while halving.size > 1:
            number = halving.number()
            upper = (tokens // halving.size % 2).astype(np.int8)
            self.asked.append((number, upper))
            halving.answer(upper.astype(np.int32))
        return tokens

    def chunk(self) -> bytes:
        """All steps as one stack of words, pushed from the last question to the first."""
        stack = Stack()
        for number, upper in reversed(self.asked):
            groups = group(number, GRID.tables)
            symbols = groups.gather(upper.astype(np.int32))
            for table, start, stop in reversed(groups.spans):
                stack.push(symbols[start:stop], GRID.tables.model(table))
        return stack.words().astype("<u4", copy=False).tobytes()


class Reader:
    """Reads what `Writer` wrote, step by step; `close` when all are read. DamagedFile for what it never writes."""

    def __init__(self, chunk: bytes) -> None:
        if len(chunk) % 4 or not chunk.rstrip(b"\0") or not any(chunk[-4:]):
            raise DamagedFile(f"a chunk of {len(chunk)} bytes holds no whole words")
        self.stack = Stack(np.frombuffer(chunk, "<u4").astype(np.uint32))

    def __call__(self, masses: Masses) -> Tokens:
        halving = _Halving(masses)
        while halving.size > 1:
            groups = group(halving.number(), GRID.tables)
            symbols = [self.stack.pop(GRID.tables.model(table), b - a) for table, a, b in groups.spans]
            upper = np.empty(halving.low.size, np.int32)
            groups.scatter(np.concatenate(symbols), upper)
            halving.answer(upper)
        return halving.low

    def close(self) -> None:
        if not self.stack.at_start():
            raise DamagedFile("the words of a chunk do not end where its tokens do")


class Counter:
    """Counts what `Writer` would write, in bits: with the tables of the grid, and with the masses themselves."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens, self.step, self.coded, self.ideal = tokens, 0, 0.0, 0.0

    def __call__(self, masses: Masses) -> Tokens:
        halving, tokens = _Halving(masses), self.tokens[:, self.step]
        self.step += 1
        self.ideal -= float(np.log2(masses[halving.rows, tokens] / masses.sum(1)).sum())
        while halving.size > 1:
            number = halving.number()
            upper = (tokens // halving.size % 2).astype(np.int32)
            self.coded += float(GRID.bits[number, upper].sum())
            halving.answer(upper)
        return tokens
