# SPDX-License-Identifier: Apache-2.0
"""The few calls of constriction that Mezzotint makes, in plain Python integers, where there is no wheel of it.

`install` lets `import constriction` find this; mezzotint.entropy holds it to its own check of the library, and
test_runtimes.py to constriction itself.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from itertools import accumulate
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRECISION = 24
WORD = 1 << 32


class Categorical:
    def __init__(self, probabilities: NDArray[np.float64], perfect: bool, lazy: bool) -> None:
        self.frequencies = [int(value) + 1 for value in probabilities.tolist()]
        assert sum(self.frequencies) == 1 << PRECISION
        self.left = [0, *accumulate(self.frequencies)][:-1]


class AnsCoder:
    """A 64-bit state and 32-bit words; the last word is the top."""

    def __init__(self, words: NDArray[np.uint32]) -> None:
        self._state, self._words = 0, words.tolist()
        self._refill()
        self._refill()

    def _refill(self) -> None:
        if self._state < WORD and self._words:
            self._state = self._state << 32 | self._words.pop()

    def encode_reverse(self, symbols: NDArray[np.int32], model: Categorical) -> None:
        for entry in reversed(symbols.tolist()):
            frequency = model.frequencies[entry]
            if self._state >> (64 - PRECISION) >= frequency:
                self._words.append(self._state % WORD)
                self._state >>= 32
            whole, rest = divmod(self._state, frequency)
            self._state = (whole << PRECISION) + model.left[entry] + rest

    def decode(self, model: Categorical, count: int) -> NDArray[np.int32]:
        found = []
        for _ in range(count):
            place = self._state % (1 << PRECISION)
            entry = bisect_right(model.left, place) - 1
            self._state = (self._state >> PRECISION) * model.frequencies[entry] + place - model.left[entry]
            self._refill()
            found.append(entry)
        return np.array(found, np.int32)

    def pos(self) -> tuple[int, int]:
        return len(self._words), self._state

    def get_compressed(self) -> NDArray[np.uint32]:
        words, state = list(self._words), self._state
        while state:
            words.append(state % WORD)
            state >>= 32
        return np.array(words, np.uint32)


def install() -> None:
    library: Any = ModuleType("constriction")
    library.stream = SimpleNamespace(
        model=SimpleNamespace(Categorical=Categorical), stack=SimpleNamespace(AnsCoder=AnsCoder)
    )
    sys.modules["constriction"] = library
