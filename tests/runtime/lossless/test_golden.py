# SPDX-License-Identifier: Apache-2.0
"""Golden tiles: what was coded once decodes to the same samples on every machine (tests/golden/lossless)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from mezzotint.runtime.lossless import TABLES_ID, decode_tile
from mezzotint.runtime.lossless.walk import split

GOLDEN = Path(__file__).parents[2] / "golden" / "lossless"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def read(name):
    case = json.loads((GOLDEN / f"{name}.json").read_text("ascii"))
    return case, [bytes.fromhex(chunk) for chunk in case["chunks"]]


@pytest.mark.parametrize("name", NAMES)
def test_decodes_as_ever(name, scenes):
    case, chunks = read(name)
    assert case["tables"] == TABLES_ID.hex()
    shape, depth, bound = tuple(case["shape"]), case["bit_depth"], case["max_error"]
    samples = decode_tile(chunks, shape, depth, bound)
    little = samples.astype(samples.dtype.newbyteorder("<"))
    assert hashlib.sha256(little.tobytes()).hexdigest() == case["samples"]
    true = scenes.make(case["kind"], shape, depth).astype(np.int64)
    assert np.abs(true - samples).max() <= bound


@pytest.mark.parametrize("name", ["photo-grey", "photo-near-1", "extremes-16", "row", "column", "one"])
def test_the_plain_decoder_agrees(name, twin):
    case, chunks = read(name)
    shape = tuple(case["shape"])
    samples = decode_tile(chunks, shape, case["bit_depth"], case["max_error"])
    slow = twin.decode(chunks, shape, case["bit_depth"], case["max_error"])
    for plane, cells in zip(split(samples), slow, strict=True):
        np.testing.assert_array_equal(
            plane, [[cells[y, x] for x in range(shape[1])] for y in range(shape[0])]
        )


def test_all_ways_of_coding_are_there():
    firsts = {(chunks[0][0], chunks[0][1] if chunks[0][0] else -1) for _, chunks in map(read, NAMES)}
    assert firsts == {(0, -1), (1, 0), (1, 1), (1, 2)}
