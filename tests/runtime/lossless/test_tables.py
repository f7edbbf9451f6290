# SPDX-License-Identifier: Apache-2.0
"""The frozen numbers: those of the release, and the laws that make coding exact."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.errors import DamagedModel
from mezzotint.runtime.lossless import TABLES_ID, tables


@pytest.fixture
def arrays():
    with np.load(tables.FILE, allow_pickle=False) as file:
        return {name: file[name].copy() for name in file.files}


def test_the_file_is_the_one_that_is_named(arrays):
    assert tables.identity(arrays) == TABLES_ID and len(TABLES_ID) == 8
    assert tables.FILE.stat().st_size < 300_000


def test_a_changed_file_is_refused(arrays, tmp_path, monkeypatch):
    changed = tmp_path / "tables.npz"
    arrays["spread000"][0, 0] += 1
    np.savez_compressed(changed, **arrays)
    for file, message in ((changed, "not those of this release"), (tmp_path / "none.npz", "cannot be read")):
        monkeypatch.setattr(tables, "FILE", file)
        with pytest.raises(DamagedModel, match=message):
            tables.frozen.__wrapped__()


def test_identity_sees_everything(arrays):
    found = {tables.identity(arrays)}
    arrays["lengths"] = arrays["lengths"].astype(np.int64)
    found.add(tables.identity(arrays))
    arrays["more"] = np.zeros(1, np.uint8)
    found.add(tables.identity(arrays))
    arrays["more"] = np.zeros((1, 1), np.uint8)
    found.add(tables.identity(arrays))
    assert len(found) == 4


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("weights000", (0, 0, 0), None),  # the sum
        ("weights000", (0, slice(0, 2), 0), (32000, -32000)),  # the sizes
        ("spread122", (0, 0), 1 << 13),
        ("map000", (0,), tables.SCALES * tables.SHAPES),
        ("lengths", (0,), 1),
    ],
)
def test_laws(arrays, name, place, value):
    tables.assemble(arrays)
    if value is None:
        arrays[name][place] += 1
    else:
        arrays[name][place] = value
    with pytest.raises(DamagedModel):
        tables.assemble(arrays)


def test_bounds_of_arithmetic(arrays):
    """The extreme samples of 16 bits do not leave 32 bits: the same sums in 64 bits are equal."""
    frozen = tables.frozen()
    rng = np.random.default_rng(0)
    for model in frozen.passes.values():
        taps = rng.integers(0, 2, (200, model.weights.shape[1])) * 65535
        for weights in model.weights:
            wide = taps.astype(np.int64) @ weights.astype(np.int64)
            assert np.abs(wide).max() + 128 < 1 << 31
            np.testing.assert_array_equal(taps.astype(np.int32) @ weights, wide)
