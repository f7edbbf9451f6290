# SPDX-License-Identifier: Apache-2.0
"""Bytes of a lattice chunk: for each pass its weights, its table map, and two runs of words.

    pass:     weights | map | varint bytes of words | varint bytes of plain words | words | plain words
    weights:  one byte, the number of the set for all classes;  or 31, and a byte a class;  32 more, and a correction
    map:      one byte 255, the frozen map;  or  first, count, and `count` bytes for scales first, first + 1 ...

Trap: a reader believes no length: what is cut off raises DamagedFile, and so does what is left over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless.features import CLASSES
from mezzotint.runtime.lossless.spreads import SCALES
from mezzotint.runtime.lossless.tables import SHAPES
from mezzotint.runtime.lossless.weighting import Weighting

LATTICE, GRAPHICS = 0, 1  # first byte of the first chunk: how the tile is coded
_EACH, _CORRECTED = 31, 32
_FROZEN = 255
_MOST_LENGTH_BYTES = 5


class Writer:
    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def byte(self, value: int) -> None:
        self._parts.append(bytes([value]))

    def raw(self, data: bytes) -> None:
        self._parts.append(data)

    def weighting(self, chosen: Weighting) -> None:
        sets, corrected = chosen.sets, _CORRECTED if chosen.correction is not None else 0
        if (sets == sets[0]).all():
            self.byte(int(sets[0]) + corrected)
        else:
            self.raw(bytes([_EACH + corrected]) + sets.tobytes())
        if chosen.correction is not None:
            self.raw(chosen.correction.tobytes())

    def table_map(self, chosen: NDArray[np.uint8], usual: NDArray[np.uint8]) -> None:
        differs = np.flatnonzero(chosen != usual)
        if not differs.size:
            self.byte(_FROZEN)
            return
        first, last = int(differs[0]), int(differs[-1])
        self.raw(bytes([first, last + 1 - first]) + chosen[first : last + 1].tobytes())

    def words(self, words: bytes, plain: bytes) -> None:
        self.raw(_varint(len(words)) + _varint(len(plain)) + words + plain)

    def content(self) -> bytes:
        return b"".join(self._parts)


class Reader:
    """All methods raise DamagedFile where the writer's twin cannot have written what is there."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = memoryview(data), 0

    def raw(self, size: int) -> bytes:
        end = self._place + size
        if end > len(self._data):
            raise DamagedFile("a lossless chunk ends too early")
        part = bytes(self._data[self._place : end])
        self._place = end
        return part

    def byte(self) -> int:
        return self.raw(1)[0]

    def weighting(self, count: int, free: int) -> Weighting:
        """Of a pass with so many sets and so many free taps."""
        first = self.byte()
        corrected, first = first & _CORRECTED, first & ~_CORRECTED
        data = self.raw(CLASSES) if first == _EACH else bytes([first]) * CLASSES
        sets = np.frombuffer(data, np.uint8)
        if int(sets.max()) >= count:
            raise DamagedFile("a lossless chunk names weights that do not exist")
        return Weighting(sets, np.frombuffer(self.raw(free), np.int8) if corrected else None)

    def table_map(self, usual: NDArray[np.uint8]) -> NDArray[np.uint8]:
        first = self.byte()
        if first == _FROZEN:
            return usual
        count = self.byte()
        if not count or first + count > SCALES:
            raise DamagedFile("a lossless chunk maps scales that do not exist")
        chosen = usual.copy()
        chosen[first : first + count] = np.frombuffer(self.raw(count), np.uint8)
        if int(chosen.max()) >= SCALES * SHAPES:
            raise DamagedFile("a lossless chunk names tables that do not exist")
        return chosen

    def words(self) -> tuple[bytes, bytes]:
        words, plain = self._varint(), self._varint()
        return self.raw(words), self.raw(plain)

    def end(self) -> None:
        if self._place != len(self._data):
            raise DamagedFile("a lossless chunk is too long")

    def _varint(self) -> int:
        value = 0
        for step in range(_MOST_LENGTH_BYTES):
            byte = self.byte()
            value |= (byte & 127) << 7 * step
            if byte < 128:
                if step and not byte:
                    break
                return value
        raise DamagedFile("a length in a lossless chunk is not spelled as it should be")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
