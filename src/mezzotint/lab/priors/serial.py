# SPDX-License-Identifier: Apache-2.0
"""Symbols out of a chunk one after the other, each with a table that the ones before it decide.

What `entropy.encode` writes for symbols with tables 0, 1, 2 ... in order, this reads without knowing the later tables.
The trap: nothing but the end shows damage, so `finish` is part of reading.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import ans
from mezzotint.errors import DamagedFile


class SerialReader:
    """DamagedFile for bytes that hold no words."""

    def __init__(self, chunk: bytes) -> None:
        words = (
            np.frombuffer(chunk, "<u4").astype(np.uint32) if len(chunk) % 4 == 0 else np.empty(0, np.uint32)
        )
        if not words.size or words[-1] == 0:
            raise DamagedFile(f"a chunk of {len(chunk)} bytes holds no words")
        self._stack = ans.Stack(words)

    def take(self, frequencies: NDArray[np.uint32]) -> NDArray[np.int32]:
        """(n, A), a table a row -> the next n symbols (n,), 0 to A - 1. A is 2 or more."""
        found = [self._stack.pop(ans.make_model(row), 1) for row in frequencies]
        return np.concatenate(found)

    def finish(self) -> None:
        """DamagedFile where anything is left, or more was taken than there was."""
        if not self._stack.at_start():
            raise DamagedFile("the words of a chunk do not end where its symbols do")
