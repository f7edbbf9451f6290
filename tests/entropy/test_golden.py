# SPDX-License-Identifier: Apache-2.0
"""Golden words: the fast coder and the plain one give and read exactly these (tests/golden/tables, words)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mezzotint import entropy
from mezzotint.entropy import ans, reference

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = sorted(path.stem for path in (GOLDEN / "words").glob("*.json"))


def read(name):
    case = json.loads((GOLDEN / "words" / f"{name}.json").read_text("ascii"))
    rows = json.loads((GOLDEN / "tables" / f"{case['tables']}.json").read_text("ascii"))["tables"]
    tables = [reference.PlainTable(row["minimum"], tuple(row["frequencies"]), row["escape"]) for row in rows]
    return case, tables, bytes.fromhex(case["chunk"])


@pytest.mark.parametrize("name", NAMES)
def test_fast_coder(name, fast):
    case, tables, chunk = read(name)
    values = np.array(case["values"], np.int32)
    for dtype in (np.uint8, np.uint16):
        if dtype is np.uint8 and len(tables) > 256:
            continue
        indices = np.array(case["indices"], dtype)
        assert entropy.encode(values, indices, fast(tables)) == chunk
        decoded = entropy.decode(chunk, indices, fast(tables))
        assert decoded.dtype == np.int32
        assert np.array_equal(decoded, values)


@pytest.mark.parametrize("name", NAMES)
def test_plain_coder(name):
    case, tables, chunk = read(name)
    words = [int.from_bytes(chunk[k : k + 4], "little") for k in range(0, len(chunk), 4)]
    assert reference.encode(case["values"], case["indices"], tables) == words
    assert reference.decode(words, case["indices"], tables) == case["values"]


def test_the_builder_still_gives_these_files(golden):
    for folder, names, make in (
        ("tables", golden.tables(), golden.table_file),
        ("words", golden.cases(), golden.words_file),
    ):
        found = {path.stem: path.read_text("ascii") for path in (GOLDEN / folder).glob("*.json")}
        assert found == {name: make(name) for name in names}


def test_the_check_at_start_up_is_golden():
    case, tables, chunk = read("start")
    assert tables[0].frequencies == ans.CHECK_FREQUENCIES
    assert tuple(case["values"]) == ans.CHECK_SYMBOLS
    assert np.frombuffer(chunk, "<u4").tolist() == list(ans.CHECK_WORDS)
