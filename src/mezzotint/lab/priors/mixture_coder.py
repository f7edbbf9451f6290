# SPDX-License-Identifier: Apache-2.0
"""Symbols <-> words by an integer mixture itself: each is found by search in its counts, and no table is made.

    encode:  value -> left and frequency, from two counts --- push, last one first --- words
    decode:  state mod 2^24 -> from the heaviest component's mean, doubling steps, then halving ones --- value

FlashGMM (Murai et al., 2025) in the words of docs/format.md section 9: `encode` gives those of the codec half for
tables of the same counts, one a symbol in order of the array; `decode` refuses what it refuses. The functions of
`Kernels` are plain Python over numpy integers; numba compiles them as they are, at their first call (some seconds).
The trap: numba takes a uint64 with an int64 to a float, so the state meets uint64 only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TOTAL, TOTAL_BITS, escape
from mezzotint.errors import DamagedFile, MissingExtra, UsageError
from mezzotint.lab.priors import integer_mixture
from mezzotint.lab.priors.integer_mixture import MEAN_BITS, IntegerMixture, curve

START = 1 << TOTAL_BITS  # docs/format.md 9.3, as the next two
WORD_BITS = 32
FULL_BITS = 64 - TOTAL_BITS
VALUE_MAX = 1 << 26  # either sign, so that an escape has at most 28 bits
BYTE = 1 << 16  # frequency of each byte of an escape


class Kernels(NamedTuple):
    """The loops over symbols. Where they take functions, `left` and `search` are meant, compiled as they are."""

    left: Callable[..., Any]
    search: Callable[..., Any]
    spans: Callable[..., Any]
    push: Callable[..., Any]
    pop: Callable[..., Any]
    pop_bytes: Callable[..., Any]
    fill: Callable[..., Any]


def encode(values: NDArray[np.int32], mixture: IntegerMixture, kernels: Kernels | None = None) -> bytes:
    """The chunk of ``values`` (n,), b"" for none. UsageError for other shapes, and for values beyond 2^26."""
    if values.dtype != np.int32 or values.shape != mixture.low.shape:
        raise UsageError(f"symbols of {values.dtype} shaped {values.shape}", "give int32, one a mixture")
    if not values.size:
        return b""
    if max(-int(values.min()), int(values.max())) > VALUE_MAX:
        raise UsageError("a symbol lies beyond 2^26", "code smaller values")
    run = kernels or compiled()
    low, size = mixture.low, mixture.size
    lefts, frequencies = run.spans(run.left, curve(), mixture.parts, low, size, values)
    outside = (values < low) | (values >= low + size)
    codes = escape.to_codes(values[outside], low[outside], (low + size - 1)[outside])  # ends of its own each
    bytes_ = [part.astype(np.int64) for part in escape.to_rounds(codes)]
    lefts = np.concatenate([lefts, *(part * BYTE for part in bytes_)])
    frequencies = np.concatenate([frequencies, *(np.full_like(part, BYTE) for part in bytes_)])
    words: NDArray[np.uint32] = run.push(lefts, frequencies)
    return words.astype("<u4", copy=False).tobytes()


def decode(data: bytes, mixture: IntegerMixture, kernels: Kernels | None = None) -> NDArray[np.int32]:
    """The values (n,) of a chunk; DamagedFile for bytes that `encode` gives for no values of these mixtures."""
    if not len(mixture):
        if data:
            raise DamagedFile("a chunk holds words and codes no symbols")
        return np.zeros(0, np.int32)
    if not data or len(data) % 4 or data[-4:] == bytes(4):
        raise DamagedFile(f"{len(data)} bytes of a chunk are no words of a coder")
    words = np.frombuffer(data, "<u4").astype(np.uint32)
    run = kernels or compiled()
    cursor = _started(words)
    entries = run.pop(run.left, run.search, curve(), mixture.parts, mixture.low, mixture.size, words, cursor)
    values: NDArray[np.int32] = entries + mixture.low
    outside = entries == mixture.size
    codes = escape.from_rounds(np.count_nonzero(outside), lambda count: run.pop_bytes(count, words, cursor))
    values[outside] = escape.to_values(codes, mixture.low[outside], values[outside] - 1)
    if cursor[0] != START or cursor[1]:
        raise DamagedFile("the words of a chunk do not end where its symbols do")
    return values


def frequencies(mixture: IntegerMixture, kernels: Kernels | None = None) -> NDArray[np.uint32]:
    """What tables of these mixtures hold, end to end: ``size`` + 1 entries a symbol, each at least 1, sum 2^24."""
    run = kernels or compiled()
    found: NDArray[np.uint32] = run.fill(run.left, curve(), mixture.parts, mixture.low, mixture.size)
    return found


def search(
    left: Callable[..., int],
    curve: NDArray[np.int64],
    parts: NDArray[np.int32],
    low: int,
    size: int,
    place: int,
) -> tuple[int, int, int]:
    """The entry whose span holds ``place``, 0 .. 2^24 - 1; its left end; its right end. ``parts`` (3, K)."""
    heavy = 0
    for k in range(1, parts.shape[1]):
        if parts[0, k] > parts[0, heavy]:
            heavy = k
    mean = np.int64(parts[1, heavy] + (1 << (MEAN_BITS - 1))) >> MEAN_BITS
    first, begin, last, end = 0, 0, size + 1, TOTAL
    entry, step, below, above = min(max(mean - low, 0), size), 1, False, False
    while last - first > 1:
        there = left(curve, parts, low, size, entry)
        if there <= place:
            first, begin, below = entry, there, True
        else:
            last, end, above = entry, there, True
        if below and above:
            entry = (first + last) >> 1
        else:
            entry = min(first + step, last - 1) if below else max(last - step, first + 1)
            step *= 2
    return first, begin, end


def spans(
    left: Callable[..., int],
    curve: NDArray[np.int64],
    parts: NDArray[np.int32],
    low: NDArray[np.int32],
    size: NDArray[np.int32],
    values: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Left end and frequency of each value's entry; of the escape's where it has none."""
    lefts, frequencies = np.empty(len(values), np.int64), np.empty(len(values), np.int64)
    for i in range(len(values)):
        entry = np.int64(values[i]) - low[i]
        if entry < 0 or entry > size[i]:
            entry = np.int64(size[i])
        lefts[i] = left(curve, parts[i], low[i], size[i], entry)
        end = TOTAL if entry == size[i] else left(curve, parts[i], low[i], size[i], entry + 1)
        frequencies[i] = end - lefts[i]
    return lefts, frequencies


def push(lefts: NDArray[np.int64], frequencies: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The words of a stack from which these spans are popped first to last."""
    words = np.empty(len(lefts) + 2, np.uint32)
    state, used = np.uint64(START), 0
    for i in range(len(lefts) - 1, -1, -1):
        frequency = np.uint64(frequencies[i])
        if state >> np.uint64(FULL_BITS) >= frequency:
            words[used] = np.uint32(state & np.uint64(0xFFFFFFFF))
            state, used = state >> np.uint64(WORD_BITS), used + 1
        whole = state // frequency
        state = (whole << np.uint64(TOTAL_BITS)) + (state - whole * frequency) + np.uint64(lefts[i])
    while state > np.uint64(0):
        words[used] = np.uint32(state & np.uint64(0xFFFFFFFF))
        state, used = state >> np.uint64(WORD_BITS), used + 1
    return words[:used]


def pop(
    left: Callable[..., int],
    search: Callable[..., tuple[int, int, int]],
    curve: NDArray[np.int64],
    parts: NDArray[np.int32],
    low: NDArray[np.int32],
    size: NDArray[np.int32],
    words: NDArray[np.uint32],
    cursor: NDArray[np.uint64],
) -> NDArray[np.int32]:
    """The entries of all symbols; ``cursor`` (2,) is state and words left, and is moved."""
    entries = np.empty(len(low), np.int32)
    state, waiting = cursor[0], np.int64(cursor[1])
    for i in range(len(low)):
        place = state & np.uint64(TOTAL - 1)
        entry, begin, end = search(left, curve, parts[i], low[i], size[i], np.int64(place))
        entries[i] = entry
        state = (state >> np.uint64(TOTAL_BITS)) * np.uint64(end - begin) + (place - np.uint64(begin))
        if state < np.uint64(1 << WORD_BITS) and waiting > 0:
            waiting -= 1
            state = (state << np.uint64(WORD_BITS)) | np.uint64(words[waiting])
    cursor[0], cursor[1] = state, np.uint64(waiting)
    return entries


def pop_bytes(count: int, words: NDArray[np.uint32], cursor: NDArray[np.uint64]) -> NDArray[np.int32]:
    """As many bytes of escapes; ``cursor`` as in `pop`."""
    found = np.empty(count, np.int32)
    state, waiting = cursor[0], np.int64(cursor[1])
    for i in range(count):
        place = state & np.uint64(TOTAL - 1)
        found[i] = np.int32(place >> np.uint64(16))
        state = (state >> np.uint64(TOTAL_BITS)) * np.uint64(BYTE) + (place & np.uint64(BYTE - 1))
        if state < np.uint64(1 << WORD_BITS) and waiting > 0:
            waiting -= 1
            state = (state << np.uint64(WORD_BITS)) | np.uint64(words[waiting])
    cursor[0], cursor[1] = state, np.uint64(waiting)
    return found


def fill(
    left: Callable[..., int],
    curve: NDArray[np.int64],
    parts: NDArray[np.int32],
    low: NDArray[np.int32],
    size: NDArray[np.int32],
) -> NDArray[np.uint32]:
    """All frequencies of all symbols, as tables would hold them."""
    found = np.empty(np.sum(size.astype(np.int64) + 1), np.uint32)
    done = 0
    for i in range(len(low)):
        begin = 0
        for entry in range(1, size[i] + 1):
            end = left(curve, parts[i], low[i], size[i], entry)
            found[done] = end - begin
            begin, done = end, done + 1
        found[done] = TOTAL - begin
        done += 1
    return found


PLAIN = Kernels(integer_mixture.left, search, spans, push, pop, pop_bytes, fill)


@functools.cache
def compiled() -> Kernels:
    """`PLAIN` by numba; MissingExtra where it is not installed."""
    try:
        from numba import njit
    except ImportError:
        raise MissingExtra("coding by search needs numba", "pip install 'mezzotint[systems]'") from None
    return Kernels(*(njit(function, error_model="numpy") for function in PLAIN))


def _started(words: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """State and words left, after the first words have been taken; docs/format.md 9.3."""
    state, waiting = 0, len(words)
    while waiting and state < 1 << WORD_BITS:
        waiting -= 1
        state = state << WORD_BITS | int(words[waiting])
    return np.array([state, waiting], np.uint64)
