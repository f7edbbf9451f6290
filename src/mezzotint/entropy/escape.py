# SPDX-License-Identifier: Apache-2.0
"""Values that their table has no entry for (docs/format.md section 9.4).

The table's escape entry is coded in the value's place. How far the value lies beyond the table is a whole number

    code = 2 * (value - maximum - 1)        above the table
    code = 2 * (minimum - 1 - value) + 1    below it

of at most 28 bits, spelled in bytes of seven bits, lowest first, whose high bit says that another byte follows; only
the shortest spelling exists. The bytes come after the symbols of all tables, each of the 256 with a frequency of 2^16,
in rounds: first the first bytes of all escapes in coding order, then the second bytes of those that have one, and so
on, four rounds at most. So a round is one vectorised call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile, UsageError

MAX_BYTES = 4
BYTE_FREQUENCIES = np.full(256, 1 << 16, np.uint32)


def to_codes(values: NDArray[np.int32], minimum: int, maximum: int) -> NDArray[np.int64]:
    """The codes of values that all lie outside minimum..maximum."""
    wide = values.astype(np.int64)  # a distance may need 33 bits
    codes = np.where(wide > maximum, 2 * (wide - maximum - 1), 2 * (minimum - 1 - wide) + 1)
    if codes.size and int(codes.max()) >= 1 << 7 * MAX_BYTES:
        raise UsageError("a symbol lies more than 2^27 beyond its table", "code smaller values")
    return codes


def to_values(codes: NDArray[np.int64], minimum: int, maximum: int) -> NDArray[np.int32]:
    """The inverse of `to_codes`; fits int32 because tables end at 2^24."""
    distance = codes >> 1
    return np.where(codes & 1, minimum - 1 - distance, maximum + 1 + distance).astype(np.int32)


def to_rounds(codes: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """The bytes of all codes, round by round."""
    rounds = []
    while codes.size:
        rest = codes >> 7
        more = rest > 0
        rounds.append(((codes & 127) + 128 * more).astype(np.int32))
        codes = rest[more]
    return rounds


def from_rounds(count: int, read: Callable[[int], NDArray[np.int32]]) -> NDArray[np.int64]:
    """The codes of `count` escapes; `read` gives the next so many bytes. DamagedFile for a wrong spelling."""
    codes = np.zeros(count, np.int64)
    open_ = np.arange(count)
    for step in range(MAX_BYTES):
        if not open_.size:
            break
        byte = read(open_.size)
        if step and not byte.all():
            raise DamagedFile("an escape is not in its shortest spelling")
        codes[open_] |= (byte.astype(np.int64) & 127) << 7 * step
        open_ = open_[byte > 127]
    if open_.size:
        raise DamagedFile(f"an escape is longer than {MAX_BYTES} bytes")
    return codes
