# SPDX-License-Identifier: Apache-2.0
"""The plain decoder, written from docs/format.md, reads what the fast one reads, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless import choose, decode_tile, tables
from mezzotint.runtime.lossless.encode import encode_lattice
from mezzotint.runtime.lossless.features import CLASSES
from mezzotint.runtime.lossless.residuals import Setting
from mezzotint.runtime.lossless.tables import SCALES, SHAPES
from mezzotint.runtime.lossless.walk import split
from mezzotint.runtime.lossless.weighting import Weighting, combine, free_taps


@pytest.mark.parametrize(
    ("kind", "shape", "depth", "bound"),
    [
        ("photo", (19, 34, 3), 8, 0),
        ("photo", (35, 17), 8, 0),
        ("photo", (18, 20, 3), 8, 2),
        ("photo", (17, 23, 3), 12, 7),
        ("photo", (21, 18, 3), 16, 0),
        ("noise", (18, 18, 3), 16, 0),
        ("extremes", (16, 19, 3), 16, 4095),
        ("slope", (1, 33, 3), 10, 0),
        ("extremes", (20, 1, 3), 8, 0),
        ("cards", (25, 25, 3), 5, 0),
        ("noise", (9, 9), 1, 0),
    ],
)
def test_agrees(scenes, twin, kind, shape, depth, bound):
    pixels = scenes.make(kind, shape, depth)
    chunks = encode_lattice(pixels, Setting(depth, bound))
    fast = split(decode_tile(chunks, shape, depth, bound))
    slow = twin.decode(chunks, shape, depth, bound)
    assert len(fast) == len(slow)
    for plane, cells in zip(fast, slow, strict=True):
        assert len(cells) == plane.size
        np.testing.assert_array_equal(
            plane, [[cells[y, x] for x in range(shape[1])] for y in range(shape[0])]
        )


@pytest.mark.parametrize("depth", [8, 16])
def test_agrees_on_any_choice(scenes, twin, depth, monkeypatch):
    """Sets, corrections and maps that no good encoder would take."""
    rng = np.random.default_rng(depth)

    def weights(work, cells, frozen):
        sets = rng.integers(0, len(frozen.passes[work.key].weights), CLASSES).astype(np.uint8)
        free = free_taps(work.number, work.before).size
        return Weighting(sets, rng.integers(-20, 21, free).astype(np.int8))

    def table_map(residuals, expected, usual, frozen):
        chosen = usual.copy()
        chosen[5:30] = rng.integers(0, SCALES * SHAPES, 25)
        return chosen

    monkeypatch.setattr(choose, "weights", weights)
    monkeypatch.setattr(choose, "table_map", table_map)
    shape = (19, 18, 3)
    pixels = scenes.make("photo", shape, depth)
    chunks = encode_lattice(pixels, Setting(depth, 0))
    np.testing.assert_array_equal(decode_tile(chunks, shape, depth, 0), pixels)
    for plane, cells in zip(split(pixels), twin.decode(chunks, shape, depth, 0), strict=True):
        np.testing.assert_array_equal(
            plane, [[cells[y, x] for x in range(shape[1])] for y in range(shape[0])]
        )


def test_a_correction_too_large_is_refused():
    free = free_taps(2, 2).size
    most = np.full(free, 127, np.int8)
    sets = tables.frozen().passes[0, 2, 2].weights
    with pytest.raises(DamagedFile, match="too much"):
        combine(sets, Weighting(np.zeros(CLASSES, np.uint8), most), 2, 2)
