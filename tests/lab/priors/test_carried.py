# SPDX-License-Identifier: Apache-2.0
"""Tables that are counted on their symbols and carried with them."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint import entropy
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile
from mezzotint.lab.priors import carried


def symbols(kind: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    drawn = {
        "bell": rng.normal(3, 9, 4000),
        "few and far": rng.normal(0, 900, 12),
        "one": np.full(7, -5),
        "alike": rng.integers(0, 64, 3000),
        "skewed": rng.exponential(2, 500),
    }
    return drawn[kind].round().astype(np.int32)


KINDS = ("bell", "few and far", "one", "alike", "skewed")


@pytest.mark.parametrize("kind", KINDS)
def test_the_reader_finds_the_writers_table(kind: str) -> None:
    described, table = carried.counted(symbols(kind))
    reader = Reader(described + b"more", DamagedFile)
    found = carried.read(reader)
    assert reader.left == 4
    assert found.minimum == table.minimum and np.array_equal(found.frequencies, table.frequencies)


@pytest.mark.parametrize("kind", KINDS)
def test_symbols_come_back_in_little_more_than_their_entropy(kind: str) -> None:
    values = symbols(kind)
    described, table = carried.counted(values)
    tables, numbers = entropy.TableSet((table,)), carried.indices_of([values])
    data = entropy.encode(values, numbers, tables)
    assert np.array_equal(entropy.decode(data, numbers, tables), values)
    _, counts = np.unique(values, return_counts=True)
    bits = -(counts * np.log2(counts / len(values))).sum()
    assert (
        8 * len(data) < 1.02 * bits + 16 * len(set(values.tolist())) + 96
    )  # few symbols: wide bins, dear symbols
    assert len(described) <= 5 + len(set(range(values.min(), values.max() + 1))) // 2 + 1


def test_few_symbols_get_wide_bins() -> None:
    values = symbols("few and far")
    assert np.ptp(values) > 2000 and len(carried.counted(values)[0]) < 24


def test_symbols_too_far_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="step"):
        carried.counted(np.array([0, 1 << 17], np.int32))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00\x00",
        b"\x00\x02\x09\x11",
        b"\x00\x02\x00\x00",
        b"\x00\x01\x00\xff",
        b"\x00\x03\x00\x11",
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    """Nothing; no bins; a width beyond all; bins that are all empty; a level behind the end; too few levels."""
    with pytest.raises(DamagedFile):
        carried.read(Reader(data, DamagedFile))


def test_zigzag_has_no_gaps() -> None:
    assert sorted(map(carried.zigzag, range(-5, 6))) == list(range(11))
    assert all(carried.unzigzag(carried.zigzag(value)) == value for value in range(-300, 300))
