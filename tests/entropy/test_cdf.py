# SPDX-License-Identifier: Apache-2.0
"""The laws of tables, and that constriction keeps a lawful table integer for integer."""

from __future__ import annotations

import random
from itertools import accumulate, pairwise

import numpy as np
import pytest

from mezzotint.entropy import TOTAL, Table, TableSet, ans
from mezzotint.entropy.reference import PlainTable, Stack
from mezzotint.errors import DamagedModel

SIZES = [2, 2, 3, 3, 4, 5, 7, 10, 16, 31, 64, 100, 200, 255, 256, 500, 1000, 2002, 4096, 20000]


def u32(*frequencies):
    return np.array(frequencies, np.uint32)


@pytest.mark.parametrize(
    ("frequencies", "says"),
    [
        (u32(), "1 to 65536"),
        (u32(TOTAL)[None], "1 to 65536"),
        (np.array([TOTAL / 2, TOTAL / 2]), "1 to 65536"),
        (np.full(1 << 17, 1 << 7, np.uint32), "1 to 65536"),
        (u32(0, TOTAL), "below 1"),
        (np.array([-1, TOTAL + 1]), "below 1"),
        (u32(1, TOTAL), "sum"),
        (u32(1, TOTAL - 2), "sum"),
        (u32(TOTAL + 1), "sum"),
        (u32(*[1 << 31] * 2, TOTAL), "sum"),  # right modulo 2^32
    ],
)
def test_laws_of_frequencies(frequencies, says):
    with pytest.raises(DamagedModel, match=says):
        Table(0, frequencies)


def test_laws_of_values():
    with pytest.raises(DamagedModel, match="nothing else"):
        Table(0, u32(TOTAL), escape=True)
    for minimum in (-(2**24) - 1, 2**24, 2**31 - 1):
        with pytest.raises(DamagedModel, match="beyond"):
            Table(minimum, u32(1, TOTAL - 1))


def test_what_a_table_says():
    table = Table(-2, u32(1, 2, 3, TOTAL - 6), escape=True)
    assert (table.minimum, table.maximum, table.value_count, table.certain) == (-2, 0, 3, False)
    assert Table(5, u32(TOTAL)).certain
    with pytest.raises(ValueError, match="read-only"):
        table.frequencies[0] = 2
    given = u32(1, TOTAL - 1)
    kept = Table(0, given)
    given[0] = 9
    assert kept.frequencies[0] == 1


def test_sets_from_arrays():
    frequencies = u32(TOTAL, 1, TOTAL - 1, TOTAL // 2, TOTAL // 4, TOTAL // 4)
    made = TableSet.from_arrays(
        frequencies, np.array([1, 2, 3], np.int32), np.array([4, -1, -2], np.int32), escape=True
    )
    assert [(t.minimum, t.maximum, t.escape) for t in made.tables] == [
        (4, 4, False),
        (-1, -1, True),
        (-2, -1, True),
    ]
    assert made.certain == (0,)
    assert made.fill.tolist() == [4, 0, 0]
    assert len(made) == 3


@pytest.mark.parametrize(
    ("lengths", "minima"),
    [
        ([1, 2], [0, 0]),
        ([1, 2, 4], [0] * 3),
        ([1, 2, 3], [0] * 2),
        ([0, 3, 3], [0] * 3),
        ([-1, 4, 3], [0] * 3),
        ([], []),
    ],
)
def test_arrays_that_do_not_fit(lengths, minima):
    frequencies = u32(TOTAL, 1, TOTAL - 1, TOTAL // 2, TOTAL // 4, TOTAL // 4)
    with pytest.raises(DamagedModel):
        TableSet.from_arrays(
            frequencies, np.array(lengths, np.int32), np.array(minima, np.int32), escape=False
        )


def test_empty_sets_are_refused():
    with pytest.raises(DamagedModel):
        TableSet(())


@pytest.mark.parametrize("number", range(20))
def test_constriction_keeps_a_random_table_exactly(golden, number):
    """Both ends of every entry's interval, popped by constriction and by the plain decoder."""
    table = golden.uneven(random.Random(number), SIZES[number])
    left = [0, *accumulate(table.frequencies)]
    ends = [place for a, b in pairwise(left) for place in (a, b - 1)]
    words = np.array([[place, 1 << 16] for place in ends], np.uint32)  # a state of 2^48 + place
    model = ans.make_model(np.array(table.frequencies, np.uint32))
    stacks = [ans.Stack(row) for row in words]
    entries = [int(stack.pop(model, 1)[0]) for stack in stacks]
    assert entries == [entry for entry in range(len(table.frequencies)) for _ in range(2)]
    for row, stack in list(zip(words.tolist(), stacks, strict=True))[:100]:
        plain = Stack(row)
        plain.pop(table)
        assert plain.close() == stack.words().tolist()


def test_normalised_probabilities_would_not_do(golden):
    """Why the frequencies go in minus one: given as probabilities, most tables come out changed."""
    changed = 0
    for number in range(20):
        table = golden.uneven(random.Random(number), SIZES[number])
        model = ans._library().stream.model.Categorical(np.array(table.frequencies) / TOTAL, perfect=False)
        left = [0, *accumulate(table.frequencies)]
        probes = [
            (entry, place)
            for entry in range(len(table.frequencies))
            for place in (left[entry], left[entry + 1] - 1)
        ]
        found = [int(ans.Stack(np.array([p, 1 << 16], np.uint32)).pop(model, 1)[0]) for _, p in probes]
        changed += found != [entry for entry, _ in probes]
    assert changed > 10


def test_the_largest_table(fast):
    """2^16 entries, all but one of frequency 1."""
    table = PlainTable(-3, (*(1,) * 65535, TOTAL - 65535))
    model = fast([table]).model(0)
    for place, entry in ((0, 0), (65534, 65534), (65535, 65535), (TOTAL - 1, 65535)):
        assert ans.Stack(np.array([place, 1], np.uint32)).pop(model, 1)[0] == entry
