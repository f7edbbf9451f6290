# SPDX-License-Identifier: Apache-2.0
"""Round trips, agreement with the plain coder, and arguments that must be refused."""

from __future__ import annotations

import random
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint import entropy
from mezzotint.entropy import Table, TableSet, coder, grouping, reference
from mezzotint.entropy.reference import PlainTable
from mezzotint.errors import UsageError

TOTAL = entropy.TOTAL


@given(seed=st.integers(0, 2**32), count=st.integers(0, 120), table_count=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_both_coders_agree(golden, fast, seed, count, table_count):
    rng = random.Random(seed)
    tables = []
    for _ in range(table_count):
        entries = rng.choice([1, 2, 2, 3, 9, 40])
        escape = entries > 1 and rng.random() < 0.5
        minimum = rng.randrange(-50, 50)
        tables.append(
            golden.uneven(rng, entries, minimum, escape) if entries > 1 else PlainTable(minimum, (TOTAL,))
        )
    indices = [rng.randrange(table_count) for _ in range(count)]
    values = golden.drawn(rng, indices, tables)
    words = reference.encode(values, indices, tables)
    data = entropy.encode(np.array(values, np.int32), np.array(indices, np.uint8), fast(tables))
    assert np.frombuffer(data, "<u4").tolist() == words
    assert reference.decode(words, indices, tables) == values
    assert entropy.decode(data, np.array(indices, np.uint8), fast(tables)).tolist() == values


@pytest.mark.parametrize("size", [0, 1, 2, grouping.BLOCK - 1, grouping.BLOCK, grouping.BLOCK + 1, 200_000])
def test_coding_order_does_not_depend_on_blocks(golden, fast, size):
    tables = fast(golden.tables()["y"][1])
    rng = np.random.default_rng(size)
    indices = np.minimum(rng.geometric(0.3, size) - 1, 10).astype(np.uint8)
    groups = grouping.group(indices, tables)
    values = np.arange(size, dtype=np.int32)
    order = np.argsort(indices, kind="stable")
    order = order[indices[order] > 0]
    assert np.array_equal(groups.gather(values), order)
    assert groups.size == order.size
    for number, start, stop in groups.spans:
        assert (indices[order[start:stop]] == number).all()
        assert start < stop
    back = np.full(size, -1, np.int32)
    groups.scatter(order.astype(np.int32), back)
    assert np.array_equal(back, np.where(indices > 0, values, -1))


def test_a_large_chunk_of_every_table(golden, fast):
    plain = golden.tables()["y"][1]
    tables = fast(plain)
    rng = np.random.default_rng(0)
    indices = rng.integers(0, len(plain), 150_000).astype(np.uint8)
    values = np.rint(rng.laplace(0, 1, indices.size) * indices).astype(np.int32)
    values[indices == 0] = 0
    data = entropy.encode(values, indices, tables)
    assert np.array_equal(entropy.decode(data, indices, tables), values)
    words = reference.encode(values[:3000].tolist(), indices[:3000].tolist(), plain)
    assert entropy.encode(values[:3000], indices[:3000], tables) == np.array(words, "<u4").tobytes()


def test_certain_symbols_other_than_zero_come_back():
    tables = TableSet(
        (
            Table(-7, np.array([TOTAL], np.uint32)),
            Table(0, np.array([1, TOTAL - 1], np.uint32)),
            Table(9, np.array([TOTAL])),
        )
    )
    indices = np.array([0, 1, 2, 1, 0], np.uint8)
    values = np.array([-7, 1, 9, 0, -7], np.int32)
    data = entropy.encode(values, indices, tables)
    assert entropy.decode(data, indices, tables).tolist() == values.tolist()
    assert entropy.encode(values[:1], indices[:1], tables) == b""
    assert entropy.decode(b"", indices[:1], tables).tolist() == [-7]


def test_size_is_near_the_information():
    """A chunk costs its information and, on the average, 5 bytes: the start state and the last word's rest."""
    table = Table(0, np.array([TOTAL // 2, TOTAL // 4, TOTAL // 4], np.uint32))
    rng = np.random.default_rng(0)
    excess = []
    for count in range(100, 300):
        values = rng.integers(0, 3, count).astype(np.int32)
        data = entropy.encode(values, np.zeros(count, np.uint8), TableSet((table,)))
        excess.append(8 * len(data) - (np.where(values == 0, 1, 2).sum()))
    assert 20 <= min(excess)
    assert max(excess) <= 57
    assert np.mean(excess) <= 42


def test_inputs_are_left_alone_and_may_be_read_only(golden, fast):
    tables = fast(golden.tables()["y"][1])
    values, indices = np.array([3, -1, 0, 900], np.int32), np.array([4, 2, 0, 3], np.uint8)
    for array in (values, indices):
        array.setflags(write=False)
    data = entropy.encode(values, indices, tables)
    for form in (data, bytearray(data), memoryview(data)):
        assert entropy.decode(form, indices, tables).tolist() == [3, -1, 0, 900]
    assert entropy.encode(np.repeat(values, 2)[::2], np.repeat(indices, 2)[::2], tables) == data


def test_threads_share_a_table_set(golden, fast):
    tables = fast(golden.tables()["y"][1])
    rng = np.random.default_rng(0)
    indices = rng.integers(1, 11, 20_000).astype(np.uint8)
    values = rng.integers(-3, 4, 20_000).astype(np.int32)
    found = []

    def work():
        found.append(
            np.array_equal(entropy.decode(entropy.encode(values, indices, tables), indices, tables), values)
        )

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def ones(count, dtype=np.int32, value=0):
    return np.full(count, value, dtype)


@pytest.mark.parametrize(
    ("values", "indices", "says"),
    [
        (ones(3, np.int64), ones(3, np.uint8), "int64"),
        (ones(2), ones(3, np.uint8), "shaped"),
        (ones(4).reshape(2, 2), ones(4, np.uint8).reshape(2, 2), "shaped"),
        (ones(3), ones(3, np.int32), "int32"),
        (ones(3), ones(3, np.uint8, 11), "no table 11"),
        (ones(3), ones(3, np.uint16, 256), "no table 256"),  # 0 if cut to a byte
        (ones(3, value=1), ones(3, np.uint8), "certain"),
        (ones(1, value=2**31 - 1), ones(1, np.uint8, 2), "2\\^27"),
        (ones(1, value=-(2**31)), ones(1, np.uint8, 2), "2\\^27"),
        (ones(1, value=-(2**31)), ones(1, np.uint8, 0), "certain"),
    ],
)
def test_wrong_arguments(golden, fast, values, indices, says):
    with pytest.raises(UsageError, match=says):
        entropy.encode(values, indices, fast(golden.tables()["y"][1]))


@pytest.mark.parametrize("value", [-128, 128, 2**31 - 1, -(2**31)])
def test_values_outside_a_table_without_escape(golden, fast, value):
    tables = fast(golden.tables()["z"][1])
    with pytest.raises(UsageError, match="table 3, which has no escape"):
        entropy.encode(np.array([value], np.int32), np.array([3], np.uint8), tables)


def test_escapes_reach_two_to_the_27(fast):
    """The last values that four bytes can spell, and the first that they cannot."""
    table = fast([PlainTable(-3, (TOTAL - 6, *(1,) * 6), escape=True)])  # values -3..2
    index = np.zeros(1, np.uint8)
    for value in (2 + 2**27, -3 - 2**27, 3, -4, 2 + 64, 3 + 64, -3 - 64, -4 - 64):
        data = entropy.encode(np.array([value], np.int32), index, table)
        assert entropy.decode(data, index, table).tolist() == [value]
    for value in (3 + 2**27, -4 - 2**27):
        with pytest.raises(UsageError, match="beyond its table"):
            entropy.encode(np.array([value], np.int32), index, table)


def test_public_names_are_those_of_the_coder():
    assert entropy.encode is coder.encode
    assert entropy.decode is coder.decode
