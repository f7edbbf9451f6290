# SPDX-License-Identifier: Apache-2.0
"""Runs in one chain come back in order, cost one end, and refuse what no chain was."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint import entropy
from mezzotint.entropy import Table, TableSet
from mezzotint.errors import DamagedFile, UsageError
from mezzotint.lab.priors.chain import ChainReader, ChainWriter
from mezzotint.lab.priors.tables import quantise

TABLES = TableSet(
    (
        Table(-2, quantise(np.array([1.0, 4, 9, 4, 1, 0.5])), escape=True),
        Table(0, quantise(np.array([0.9, 0.1]))),
        Table(-1, quantise(np.array([0.2, 0.6, 0.2, 0.1])), escape=True),
    )
)


def runs(count: int, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        numbers = rng.integers(0, 3, size).astype(np.uint16)
        values = np.where(numbers != 1, np.rint(rng.normal(0, 3, size)), rng.random(size) < 0.1)
        made.append((values.astype(np.int32), numbers))
    return made


def chained(made: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    writer = ChainWriter()
    for values, numbers in made:
        writer.add(values, numbers, TABLES)
    return writer.close()


def test_runs_come_back_in_order_with_their_escapes() -> None:
    made = runs(7, 50)
    made.insert(3, (np.zeros(0, np.int32), np.zeros(0, np.uint16)))
    assert max(np.abs(values).max(initial=0) for values, _ in made) > 3, "an escape"
    reader = ChainReader(chained(made))
    for values, numbers in made:
        assert np.array_equal(reader.read(numbers, TABLES), values)
    reader.close()


def test_one_run_is_a_chunk_of_the_codec_half() -> None:
    ((values, numbers),) = runs(1, 200)
    assert chained([(values, numbers)]) == entropy.encode(values, numbers, TABLES)


def test_many_runs_pay_one_end() -> None:
    made = runs(40, 10)
    alone = sum(len(entropy.encode(values, numbers, TABLES)) for values, numbers in made)
    together = [np.concatenate(part) for part in zip(*made, strict=True)]
    assert abs(len(chained(made)) - len(entropy.encode(*together, TABLES))) <= 4 < alone / 50


def test_cuts_and_remainders_are_refused() -> None:
    made = runs(4, 60)
    data = chained(made)
    for damaged in (b"", data[:-1], data[:-4], data + b"\1\0\0\0", data + b"\0\0\0\0"):
        with pytest.raises(DamagedFile):
            reader = ChainReader(damaged)
            for _, numbers in made:
                reader.read(numbers, TABLES)
            reader.close()


def test_a_symbol_without_an_entry_is_refused() -> None:
    with pytest.raises(UsageError, match="no escape"):
        chained([(np.array([2], np.int32), np.array([1], np.uint16))])
