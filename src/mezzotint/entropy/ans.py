# SPDX-License-Identifier: Apache-2.0
"""The ANS stack of constriction, held to docs/format.md section 9.3: the only file that imports constriction.

The stack is a 64-bit state and 32-bit words. It starts at the state START = 2^24 and must come back to exactly that,
with no word left. From START on, a further pop makes the state smaller and nothing makes it larger, so missing words
show. (A stack that started at 0 would pop the first symbol of a table for ever and look empty all the while.)

Traps: constriction keeps an integer table exactly only when it is given the frequencies minus one as float64 and they
sum to 2^24. It holds the GIL while it codes, so threads gain nothing here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import MezzotintError

START = 1 << 24  # docs/format.md 9.3

# What the installed library is held to, once per process: an uneven table, symbols, and their words by reference.py.
CHECK_FREQUENCIES = (1, 5592407, 3, 11111111, 73693, 1)
CHECK_SYMBOLS = (3, 3, 1, 0, 4, 3, 1, 1, 5, 2, 3, 4)
CHECK_WORDS = (1599427929, 1744792904, 2897222562, 2430101)


def make_model(frequencies: NDArray[np.uint32]) -> Any:
    """constriction's form of a table of at least two entries, integer for integer."""
    return _model(_library(), frequencies)


class Stack:
    """Runs of symbols go in and come out; a run is popped in the order of its array, so it is pushed from its end."""

    def __init__(self, words: NDArray[np.uint32] | None = None) -> None:
        """A stack at its start, or one that holds these words, of which the last must not be zero."""
        self._coder = _coder(_library(), words)

    def push(self, symbols: NDArray[np.int32], model: Any) -> None:
        self._coder.encode_reverse(symbols, model)

    def pop(self, model: Any, count: int) -> NDArray[np.int32]:
        symbols: NDArray[np.int32] = self._coder.decode(model, count)
        return symbols

    def words(self) -> NDArray[np.uint32]:
        words: NDArray[np.uint32] = self._coder.get_compressed()
        return words

    def at_start(self) -> bool:
        """True when everything that was pushed has been popped, and nothing else is there."""
        return bool(self._coder.pos() == (0, START))


def _model(library: Any, frequencies: NDArray[np.uint32]) -> Any:
    return library.stream.model.Categorical(frequencies.astype(np.float64) - 1, perfect=False, lazy=False)


def _coder(library: Any, words: NDArray[np.uint32] | None) -> Any:
    return library.stream.stack.AnsCoder(np.array([START], np.uint32) if words is None else words)


@lru_cache(maxsize=1)
def _library() -> Any:
    """constriction, once it has shown that it codes as the format says."""
    import constriction  # here, so that reading a header or a help text does not load it

    if not _codes_as_expected(constriction):
        raise MezzotintError(
            "the installed constriction codes other words than the format defines",
            "install the tested release: pip install 'constriction>=0.5,<0.6'",
        )
    return constriction


def _codes_as_expected(library: Any) -> bool:
    symbols = np.array(CHECK_SYMBOLS, np.int32)
    try:
        model = _model(library, np.array(CHECK_FREQUENCIES, np.uint32))
        encoder = _coder(library, None)
        encoder.encode_reverse(symbols, model)
        decoder = _coder(library, np.array(CHECK_WORDS, np.uint32))
        decoded = decoder.decode(model, len(symbols))
        return (
            tuple(encoder.get_compressed().tolist()) == CHECK_WORDS
            and bool(np.array_equal(decoded, symbols))
            and decoder.pos() == (0, START)
        )
    except (AttributeError, TypeError, ValueError):  # renamed or changed calls
        return False
