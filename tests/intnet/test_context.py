# SPDX-License-Identifier: Apache-2.0
"""The scale context: golden values, its laws, what it may read, and the proof of its bounds."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.errors import DamagedModel
from mezzotint.intnet import ScaleContext, context, to_index

FOLDER = Path(__file__).parents[1] / "golden" / "intnet" / "context"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
GARBAGE = -(1 << 27)


def made(groups, inner, outer):
    return ScaleContext(np.array(inner, np.int8), np.array(outer, np.int8), tuple(groups))


def decoded(symbols, groups, group):
    """Symbols as a decoder has them before a group: what is not known yet is anything at all."""
    found = np.array(symbols, np.int32)
    found[sum(groups[:group]) :] = GARBAGE
    return found


def plain_context(golden, case, group):
    known = case.symbols[: sum(case.groups[:group])]
    return golden.plain.scale_context(case.inner, case.outer, case.groups, known, group)


def exact(found, symbols, group):
    """a, b and c of docs/format.md in int64 throughout, without an operation of the package."""
    low = sum(found.groups[:group])
    e = np.array(context.OCTAVES)[np.minimum(np.abs(symbols[:low].astype(np.int64)), 15)]
    p = np.pad(e, ((0, 0), (1, 1), (1, 1)), mode="edge")
    p = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    n = p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]
    inner = found.inner[group - 1].astype(np.int64)
    a = np.einsum("fk,khw->fhw", inner[:, 0, :low], 16 * e) + np.einsum("fk,khw->fhw", inner[:, 1, :low], n)
    rows = found.outer[low - found.groups[0] :][: found.groups[group]].astype(np.int64)
    b = np.einsum("mf,fhw->mhw", rows, a + 128 >> 8)
    return a, b, b + 16 >> 5


def multiplied_in(found, symbols, group):
    """The float types of the three products: of neighbourhoods, of cells, of features."""
    dtypes, product = [], context.ops.product

    def spy(weight, z):
        dtypes.append(weight.dtype)
        return product(weight, z)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context.ops, "product", spy)
        found(symbols, group)
    return dtypes


@pytest.fixture(params=["float32", "float64"])
def multiplies_in(request, monkeypatch):
    """float32 is what small weights take by themselves; without room in it, float64."""
    if request.param == "float64":
        monkeypatch.setitem(context.ops.FLOAT_LIMIT, "float32", 0)
    return request.param


@pytest.mark.parametrize("name", NAMES)
def test_golden_values(name, multiplies_in):
    case = json.loads((FOLDER / f"{name}.json").read_text("ascii"))
    groups, first = case["groups"], case["groups"][0]
    found, totals = made(groups, case["inner"], case["outer"]), np.array(case["totals"])
    assert (max(found.bounds) < context.ops.FLOAT_LIMIT["float32"]) == (multiplies_in == "float32")
    for group in range(1, len(groups)):
        start = sum(groups[:group])
        channels = slice(start, start + groups[group])
        added = found(decoded(case["symbols"], groups, group), group)
        assert added.dtype == np.int32
        assert added.tolist() == case["context"][start - first : channels.stop - first]
        for dtype in (np.int32, np.int64):
            index = to_index(totals[channels].astype(dtype) + added)
            assert index.dtype == np.uint8
            assert index.tolist() == case["indices"][channels]
    assert to_index(totals[:first].copy()).tolist() == case["indices"][:first]


def test_the_builder_still_gives_these_files(golden):
    found = {path.stem: path.read_text("ascii") for path in FOLDER.glob("*.json")}
    cases = golden.contexts.context_cases()
    assert found == {name: golden.context_file_of(case) for name, case in cases.items()}
    many = json.loads(found["many"])
    values = {value for m in many["context"] for row in m for value in row}
    assert len(values) > 40 and min(values) < -1000 and max(values) > 1000  # the cases say something


def test_octaves_are_logarithms(golden):
    assert [*context.OCTAVES] == [round(32 * log2(1 + n)) for n in range(16)] == golden.plain.OCTAVES


@given(
    seed=st.integers(0, 2**32),
    groups=st.lists(st.integers(1, 3), min_size=2, max_size=6),
    features=st.integers(1, 4),
    height=st.integers(1, 4),
    width=st.integers(1, 4),
    weight=st.sampled_from([1, 40, 128]),
    single=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_equals_the_plain_context(golden, seed, groups, features, height, width, weight, single):
    case = golden.contexts.random_context(seed, "", groups, features, height, width, weight)
    found = made(groups, case.inner, case.outer)
    with pytest.MonkeyPatch.context() as patch:
        if not single:
            patch.setitem(context.ops.FLOAT_LIMIT, "float32", 0)
        for group in range(1, len(groups)):
            added = found(decoded(case.symbols, groups, group), group)
            assert added.tolist() == plain_context(golden, case, group)


SINGLE, DOUBLE = np.float32, np.float64


@pytest.mark.parametrize(
    ("columns", "features", "dtypes"),
    [
        (30, 2, [SINGLE, SINGLE, SINGLE]),
        (80, 2, [SINGLE, SINGLE, DOUBLE]),
        (600, 1, [DOUBLE, DOUBLE, DOUBLE]),
        (1500, 1, [DOUBLE, DOUBLE, DOUBLE]),
    ],
)
def test_sums_beyond_float32_are_exact(columns, features, dtypes):
    """All weights large and of one sign: sums leave 2^24, where float32 loses the odd numbers.

    A product of inner weights, of cells or neighbourhoods, does so beyond 1024 channels, which no bundle has.
    """
    rng = np.random.default_rng(0)
    inner = rng.integers(100, 128, (1, features, 2, columns), np.int8)
    found = ScaleContext(inner, rng.integers(100, 128, (2, features), np.int8), (columns, 2))
    symbols = rng.integers(9, 16, (columns + 2, 40, 30), np.int32)
    assert multiplied_in(found, symbols, 1) == dtypes
    bounds = found.bounds[0] // context.WINDOW_GAIN, found.bounds[1]  # the window comes after the product
    assert [bound < 1 << 24 for bound in bounds] == [dtype is SINGLE for dtype in dtypes[1:]]
    a, b, c = exact(found, symbols, 1)
    assert (b.max() > 1 << 24) == (dtypes[2] is DOUBLE)
    assert (a.max() // 32 > 1 << 24) == (columns > 1024)  # 16 times the sum of both products
    assert a.max() <= found.bounds[0] and b.max() <= found.bounds[1]
    assert np.array_equal(found(symbols, 1), c)


def adversarial(found, group, count):
    """Symbols (channels before the last group, 1, count): large where a feature has weights of one sign, and chance."""
    rng = np.random.default_rng(0)
    both = found.inner[group - 1].astype(np.int64).sum(axis=1)
    low = both.shape[1]
    corners = np.concatenate([both > 0, both < 0]) * 15
    rest = rng.choice([0, 15], (count, low)) * rng.choice([1, -1], (count, low))
    return np.concatenate([corners, rest])[:count].T[:, None].astype(np.int32)


@pytest.mark.parametrize("group", [1, 2])
def test_adversarial_symbols_stay_inside_the_bounds(multiplies_in, group):
    rng = np.random.default_rng(1)
    inner, outer = (
        np.clip(np.rint(rng.normal(0, 50, shape)), -128, 127) for shape in ((2, 6, 2, 32), (28, 6))
    )
    found = made((12, 20, 8), inner, outer)
    together = adversarial(found, group, 1000)
    for symbols in (together, *(together[:, :, at : at + 1] for at in range(60))):
        a, b, c = exact(found, symbols, group)
        assert np.abs(a).max() <= found.bounds[0]
        assert np.abs(b).max() <= found.bounds[1]
        assert np.array_equal(found(symbols, group), c)


@pytest.mark.parametrize("outer", [127, -128, 1])
@pytest.mark.parametrize("inner", [127, -128, 1])
def test_the_bounds_are_reached(inner, outer):
    """Everything of one sign: nothing is given away but one step of a feature."""
    found = ScaleContext(np.full((1, 4, 2, 3), inner, np.int8), np.full((2, 4), outer, np.int8), (3, 2))
    symbols = np.full((5, 2, 2), 15, np.int32)
    a, b, c = exact(found, symbols, 1)
    assert (np.abs(a) == 6 * abs(inner) * 16 * 128).all()
    assert found.bounds == (np.abs(a).max(), np.abs(b).max() + 4 * abs(outer))
    assert np.array_equal(found(symbols, 1), c)


def test_the_largest_context_of_a_bundle_fits_32_bits():
    """Features of 1024 channels always do; what becomes of them may not, and is refused."""
    first = 1023
    inner, outer = np.full((1, 5, 2, first), -128, np.int8), np.array([[-128] * 4 + [0]], np.int8)
    found = ScaleContext(inner, outer, (first, 1))
    assert max(found.bounds) == found.bounds[1] == 512 * (first * 2 * 128 * 8 + 1) < 1 << 30
    symbols = np.full((first + 1, 1, 1), 1 << 27, np.int32)
    added = found(symbols, 1)
    assert added.dtype == np.int32
    assert added.tolist() == [[[512 * first * 2 * 128 * 8 // 32]]]
    assert np.array_equal(added, exact(found, symbols, 1)[2])
    for weight in (1, -1):
        outer[0, 4] = weight
        with pytest.raises(DamagedModel, match="32 bits"):
            ScaleContext(inner, outer, (first, 1))


# -- what is read -----------------------------------------------------------------------------------------

GROUPS = (2, 3, 1, 2)


@pytest.fixture
def dense():
    """No weight is small, and no two features or rows are alike."""
    rng = np.random.default_rng(3)
    inner, outer = (
        rng.integers(60, 128, shape) * rng.choice([-1, 1], shape) for shape in ((3, 4, 2, 6), (6, 4))
    )
    return made(GROUPS, inner, outer)


@pytest.fixture
def symbols():
    return np.random.default_rng(5).integers(-20, 21, (8, 4, 3), np.int32)


@pytest.mark.parametrize("group", [1, 2, 3])
def test_only_earlier_groups_are_read(dense, symbols, group):
    kept = symbols.copy()
    expected = dense(symbols, group)
    assert expected.shape == (GROUPS[group], 4, 3)
    assert np.array_equal(symbols, kept)
    known = sum(GROUPS[:group])
    assert np.array_equal(dense(decoded(symbols, GROUPS, group), group), expected)
    assert np.array_equal(dense(symbols[:known], group), expected)  # they need not even be there
    for channel in range(8):
        other = symbols.copy()
        other[channel] = np.where(other[channel] == 0, 5, 0)
        changed = (dense(other, group) != expected).any(axis=(1, 2))
        assert changed.all() if channel < known else not changed.any()


@pytest.mark.parametrize("group", [1, 2, 3])
def test_weights_of_other_groups_are_not_read(dense, symbols, group):
    """Neither columns of later groups, nor features and rows of other ones."""
    known, first = sum(GROUPS[:group]), sum(GROUPS[1:group])
    rows = slice(first, first + GROUPS[group])
    inner, outer = np.full_like(dense.inner, 77), np.full_like(dense.outer, 77)
    inner[group - 1, :, :, :known] = dense.inner[group - 1, :, :, :known]
    outer[rows] = dense.outer[rows]
    assert np.array_equal(ScaleContext(inner, outer, GROUPS)(symbols, group), dense(symbols, group))


@pytest.mark.parametrize("group", [1, 2, 3])
def test_every_weight_of_a_group_is_read(dense, symbols, group):
    expected, known, first = dense(symbols, group), sum(GROUPS[:group]), sum(GROUPS[1:group])
    for place in np.ndindex(4, 2, known):
        inner = dense.inner.copy()
        inner[group - 1][place] = 0
        changed = ScaleContext(inner, dense.outer, GROUPS)(symbols, group) != expected
        assert changed.any(axis=(1, 2)).all()
    for row, feature in np.ndindex(GROUPS[group], 4):
        outer = dense.outer.copy()
        outer[first + row, feature] = 0
        changed = ScaleContext(dense.inner, outer, GROUPS)(symbols, group) != expected
        assert np.flatnonzero(changed.any(axis=(1, 2))).tolist() == [row]


def test_signs_do_not_count(dense, symbols):
    for group in (1, 2, 3):
        expected = dense(symbols, group)
        assert np.array_equal(dense(-symbols, group), expected)
        assert np.array_equal(dense(np.abs(symbols), group), expected)


def test_large_symbols_count_as_fifteen(dense, symbols):
    for large in (16, 255, 1 << 15, (1 << 27) + (1 << 15), -(1 << 27) - (1 << 15)):
        other = np.where(symbols > 14, large, symbols).astype(np.int32)
        assert np.array_equal(dense(other, 3), dense(np.minimum(symbols, 15), 3))


def test_zeros_add_nothing(dense):
    for group in (1, 2, 3):
        assert not dense(np.zeros((8, 3, 2), np.int32), group).any()


def test_a_symbol_reaches_its_neighbours_and_no_further(dense):
    symbols = np.zeros((8, 7, 6), np.int32)
    symbols[1, 3, 2] = 9
    rows, columns = (set(places.tolist()) for places in np.nonzero(dense(symbols, 3).any(axis=0)))
    assert (rows, columns) == ({2, 3, 4}, {1, 2, 3})
