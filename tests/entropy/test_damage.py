# SPDX-License-Identifier: Apache-2.0
"""Bytes that `encode` cannot have given are refused, whatever they are, in time that the symbols alone decide."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint import entropy
from mezzotint.entropy import ans, escape, reference
from mezzotint.entropy.reference import BYTE, START, PlainTable, Stack
from mezzotint.errors import DamagedFile

TOTAL = entropy.TOTAL


@pytest.fixture(scope="module")
def chunk(golden, fast):
    """600 symbols like those of y, with escapes: (data, indices, values, tables)."""
    rng, plain = random.Random(3), golden.tables()["y"][1]
    indices = [min(int(rng.expovariate(0.3)), 10) for _ in range(600)]
    values = golden.drawn(rng, indices, plain)
    values[indices.index(5)] = 1_000_000
    array, numbers = np.array(values, np.int32), np.array(indices, np.uint8)
    return entropy.encode(array, numbers, fast(plain)), numbers, array, fast(plain)


def refused(data, indices, tables):
    try:
        entropy.decode(data, indices, tables)
    except DamagedFile:
        return True
    return False


def test_every_truncation(chunk):
    data, indices, _, tables = chunk
    for length in range(len(data)):
        assert refused(data[:length], indices, tables), f"cut to {length} bytes"
        assert refused(data[len(data) - length :], indices, tables), f"the last {length} bytes"


def test_added_words(chunk):
    data, indices, _, tables = chunk
    for word in (0, 1, START, 2**31, 2**32 - 1):
        extra = word.to_bytes(4, "little")
        for place in range(0, len(data) + 1, 4):
            changed = data[:place] + extra + data[place:]
            assert refused(changed, indices, tables), f"{word} at {place}"
    for length in (1, 2, 3):
        assert refused(data + bytes(length), indices, tables)


def test_every_flipped_bit(chunk):
    """A flip among the bits read last may give other symbols, which only a checksum finds, never the same ones."""
    data, indices, values, tables = chunk
    passed = 0
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        if not refused(changed, indices, tables):
            passed += 1
            assert not np.array_equal(entropy.decode(changed, indices, tables), values)
            assert entropy.encode(entropy.decode(changed, indices, tables), indices, tables) == changed
    assert passed < len(data)  # an eighth; the bytes of escapes are uniform, so that many of theirs pass


def test_a_run_of_the_first_symbol_needs_its_words(fast):
    """What a stack that starts at 0 would get wrong: it pops the first symbol of a table out of nothing, for ever."""
    tables = fast([PlainTable(-1, (TOTAL // 2, TOTAL // 2))])
    indices = np.zeros(1000, np.uint8)
    data = entropy.encode(np.full(1000, -1, np.int32), indices, tables)
    assert 8 * len(data) >= 1000
    for words in (b"", *(data[:length] for length in range(0, len(data), 4))):
        assert refused(words, indices, tables)
    for count in (0, 1, 999, 1001, 5000):
        assert refused(data, np.zeros(count, np.uint8), tables)
    # A table whose first symbol is rare: from any state, a stack of 0 would come down to 0 and look empty.
    rare = fast([PlainTable(0, (1, TOTAL // 2, TOTAL // 2 - 1))])
    values = np.random.default_rng(0).integers(1, 3, 1000).astype(np.int32)
    data = entropy.encode(values, indices, rare)
    for length in range(len(data)):
        assert refused(data[:length], indices, rare)


def test_words_without_symbols_and_symbols_without_words(chunk):
    data, indices, _, tables = chunk
    none, certain = np.zeros(0, np.uint8), np.zeros(5, np.uint8)
    for empty in (none, certain):
        assert not refused(b"", empty, tables)
        assert refused(data, empty, tables)
        assert refused(START.to_bytes(4, "little"), empty, tables)
        assert refused(b"\0", empty, tables)
    assert refused(b"", indices, tables)
    assert refused(START.to_bytes(4, "little"), indices, tables)


@given(data=st.binary(max_size=400), seed=st.integers(0, 999))
@settings(max_examples=150, deadline=None)
def test_random_bytes_give_values_or_damage_as_the_plain_coder_says(golden, fast, data, seed):
    rng, plain = random.Random(seed), golden.tables()["edges"][1]
    indices = [rng.randrange(len(plain)) for _ in range(rng.randrange(40))]
    words = [int.from_bytes(data[k : k + 4], "little") for k in range(0, len(data) // 4 * 4, 4)]
    data = data[: len(data) // 4 * 4]
    try:
        expected = reference.decode(words, indices, plain)
    except DamagedFile:
        assert refused(data, np.array(indices, np.uint8), fast(plain))
    else:
        decoded = entropy.decode(data, np.array(indices, np.uint8), fast(plain))
        assert decoded.tolist() == expected


def hostile(pushes):
    """Words of any pushes, whether or not `encode` would make them."""
    stack = Stack()
    for entry, table in reversed(pushes):
        stack.push(entry, table)
    return np.array(stack.close(), "<u4").tobytes()


def test_escapes_must_be_spelled_right(fast):
    table = PlainTable(0, (1, TOTAL - 1), escape=True)
    tables, index = fast([table]), np.zeros(1, np.uint8)

    def data(*spelling):
        return hostile([(1, table), *((byte, BYTE) for byte in spelling)])

    assert entropy.decode(data(2), index, tables).tolist() == [2]
    assert entropy.decode(data(128, 1), index, tables).tolist() == [65]
    assert entropy.decode(data(255, 255, 255, 127), index, tables).tolist() == [-(2**27)]
    for wrong, says in (
        ((128, 0), "shortest"),
        ((255, 128, 0), "shortest"),
        ((255, 255, 255, 0), "shortest"),
        ((128, 128, 128, 128), "longer than 4"),
        ((255, 255, 255, 255, 0), "longer than 4"),
    ):
        with pytest.raises(DamagedFile, match=says):
            entropy.decode(data(*wrong), index, tables)
        with pytest.raises(DamagedFile):
            words = np.frombuffer(data(*wrong), "<u4").tolist()
            reference.decode(words, [0], [table])


def test_hostile_words_cost_no_more_than_their_symbols(fast):
    """A million symbols that are all escapes of four bytes, and a million with no words behind them."""
    tables = fast([PlainTable(0, (1, TOTAL - 1), escape=True)])
    count = 1_000_000
    indices = np.zeros(count, np.uint8)
    stack = ans.Stack()
    for byte in (127, 255, 255, 255):
        stack.push(np.full(count, byte, np.int32), ans.make_model(escape.BYTE_FREQUENCIES))
    stack.push(np.ones(count, np.int32), tables.model(0))
    words = stack.words().astype("<u4").tobytes()
    start = time.perf_counter()
    assert (entropy.decode(words, indices, tables) == -(2**27)).all()
    assert refused(b"\xff" * 4, indices, tables)
    assert refused(b"\xff" * 400, indices, tables)
    assert time.perf_counter() - start < 5
