# SPDX-License-Identifier: Apache-2.0
"""The scale map: golden indices, its laws, the proof of its bound, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.errors import DamagedModel, UsageError
from mezzotint.intnet import ScaleMap, graph, to_index

FOLDER = Path(__file__).parents[1] / "golden" / "intnet"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def made(weight, bias, offset):
    return ScaleMap(np.array(weight, np.int8), np.array(bias, np.int32), np.array(offset, np.int32))


def whole(scale_map, z, quality, dtype=np.float64):
    return np.concatenate([sums for _, sums in scale_map.sums(z, quality, dtype)])


@pytest.mark.parametrize("name", NAMES)
def test_golden_indices(name):
    case = json.loads((FOLDER / f"{name}.json").read_text("ascii"))
    scale_map = made(case["weight"], case["bias"], case["offset"])
    for quality, indices in zip(case["qualities"], case["indices"], strict=True):
        for dtype in (np.int8, np.int32, np.int64):
            found = scale_map(np.array(case["z"], dtype), quality)
            assert found.dtype == np.uint8
            assert found.tolist() == indices
        if scale_map.float32_is_exact:
            assert scale_map.indices(np.array(case["z"]), quality, np.float32).tolist() == indices


def test_the_builder_still_gives_these_files(golden):
    found = {path.stem: path.read_text("ascii") for path in FOLDER.glob("*.json")}
    assert found == {name: golden.file_of(case) for name, case in golden.cases().items()}
    many = json.loads(found["many"])["indices"]
    assert len({index for q in many for m in q for row in m for index in row}) > 40  # the cases say something


@given(
    seed=st.integers(0, 2**32),
    m=st.integers(1, 3),
    cz=st.integers(1, 4),
    hz=st.integers(1, 3),
    wz=st.integers(1, 3),
    anchors=st.integers(2, 9),
    quality=st.integers(0, 4095),
    large=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_equals_the_plain_map(golden, seed, m, cz, hz, wz, anchors, quality, large):
    spread = {"bias": 2**31 - 300, "offset": 2**31 - 1, "weight": 127, "z": 127} if large else {}
    case = golden.random_case(seed, "", m, cz, hz, wz, anchors, **spread)
    arrays = case.weight, case.bias, case.offset
    scale_map, z = made(*arrays), np.array(case.z)
    assert whole(scale_map, z, quality).tolist() == golden.plain.sums(*arrays, case.z, quality)
    assert scale_map(z, quality).tolist() == golden.plain.scale_map(*arrays, case.z, quality)


@pytest.mark.parametrize("anchors", [2, 3, 8, 64])
def test_offsets_at_every_quality(plain, anchors):
    offset = np.random.default_rng(anchors).integers(-20_000, 20_000, (anchors, 3)).astype(np.int32)
    scale_map = ScaleMap(np.zeros((48, 1), np.int8), np.zeros(48, np.int32), offset)
    for quality in range(4096):
        assert scale_map.offset_at(quality).tolist() == plain.offset(offset.tolist(), quality)
    assert scale_map.offset_at(0).tolist() == offset[0].tolist()
    assert scale_map.offset_at(4095).tolist() == offset[-1].tolist()


def test_blocks_do_not_show(monkeypatch, golden):
    case = golden.random_case(9, "", 7, 5, 4, 3, 4)
    scale_map, z = made(case.weight, case.bias, case.offset), np.array(case.z)
    expected = scale_map(z, 1234)
    for block in (1, 200, 400, 1 << 20):
        monkeypatch.setattr(graph, "BLOCK", block)
        assert np.array_equal(scale_map(z, 1234), expected)
        assert np.array_equal(to_index(scale_map.totals(z, 1234)), expected)


def test_the_first_channels_alone_are_those_of_the_whole(golden):
    case = golden.random_case(10, "", 7, 5, 4, 3, 4)
    scale_map, z = made(case.weight, case.bias, case.offset), np.array(case.z)
    indices, totals = scale_map(z, 1234), scale_map.totals(z, 1234)
    for channels in (1, 3, 7):
        found = scale_map(z, 1234, channels)
        assert found.shape == (channels, 16, 12)
        assert np.array_equal(found, indices[:channels])
        assert np.array_equal(scale_map.totals(z, 1234, channels), totals[:channels])


def adversarial(scale_map, count):
    """z (count, Cz): corners chosen by the signs of a row, some of them half flipped, random corners, random values."""
    rng = np.random.default_rng(0)
    weight = scale_map.weight.astype(np.int64)
    signs = np.where(weight >= 0, 127, -127)
    corners = np.concatenate([signs, -signs])
    flips = corners[rng.integers(0, len(corners), count // 4)] * rng.choice(
        [-1, 1], (count // 4, weight.shape[1]), p=[0.1, 0.9]
    )
    chosen = rng.choice([-127, 127], (count // 4, weight.shape[1]))
    rest = rng.integers(-127, 128, (count, weight.shape[1]))
    return np.concatenate([corners, flips, chosen, rest])[:count]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ten_thousand_adversarial_latents_stay_inside_the_bound(dtype):
    rng = np.random.default_rng(1)
    m, cz = 12, 24
    weight = np.clip(np.rint(rng.normal(0, 40, (16 * m, cz))), -128, 127).astype(np.int8)
    offset = rng.integers(-20_000, 20_000, (5, m)).astype(np.int32)
    scale_map = ScaleMap(weight, rng.integers(-3000, 3000, 16 * m).astype(np.int32), offset)
    assert scale_map.float32_is_exact
    bound = np.array(scale_map.bound())[:, None, None]
    z = adversarial(scale_map, 10_000)
    # Alone, where the window sees one latent only, and side by side, where it mixes neighbours.
    grid = z.T.reshape(cz, 100, 100)
    for quality in (0, 1500, 4095):
        sums = whole(scale_map, grid, quality, dtype)
        assert (np.abs(sums) <= bound).all()
        exact = np.einsum("rc,chw->rhw", weight.astype(np.int64), grid) + scale_map.bias[:, None, None]
        u = exact.reshape(m, 4, 4, 100, 100).transpose(0, 3, 1, 4, 2).reshape(m, 400, 400)
        padded = np.pad(u, ((0, 0), (1, 1), (1, 1)), mode="edge")
        rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
        v = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
        assert np.array_equal(sums, v + scale_map.offset_at(quality)[:, None, None] + 128)
    for latent in z[:: len(z) // 1000]:
        assert (np.abs(whole(scale_map, latent.reshape(cz, 1, 1), 0, dtype)) <= bound).all()


def test_the_bound_is_reached():
    """All 16 rows of a channel alike and everything of one sign: nothing is given away."""
    weight = np.repeat(np.array([[100, -128, 3], [-1, 127, 0]], np.int8), 16, axis=0)
    scale_map = ScaleMap(weight, np.repeat(np.array([50, 7], np.int32), 16), np.array([[9, 4]] * 2, np.int32))
    for channel in range(2):
        z = np.where(weight[16 * channel] >= 0, 127, -127).reshape(3, 1, 1)
        assert (whole(scale_map, z, 4095)[channel] == scale_map.bound()[channel]).all()
    assert scale_map.bound() == (16 * (127 * 231 + 50) + 9 + 128, 16 * (127 * 128 + 7) + 4 + 128)


def test_which_float_types_are_exact():
    zero = np.zeros((16, 1), np.int8)
    offset = np.zeros((2, 1), np.int32)
    edge = (2**24 - 128) // 16
    assert not ScaleMap(zero, np.full(16, edge, np.int32), offset).float32_is_exact
    assert ScaleMap(zero, np.full(16, edge - 1, np.int32), offset).float32_is_exact
    large = ScaleMap(zero, np.full(16, -(2**31), np.int32), np.full((2, 1), -(2**31), np.int32))
    assert large.bound() == (16 * 2**31 + 2**31 + 128,)
    assert (whole(large, np.zeros((1, 1, 1), np.int8), 0) == -17 * 2**31 + 128).all()
    with pytest.raises(UsageError, match="float32"):
        large.indices(np.zeros((1, 1, 1), np.int8), 0, np.float32)


def test_a_map_beyond_float64_is_refused(monkeypatch):
    """int8 weights cannot get there with a file of any sane size, so the limit is lowered."""
    monkeypatch.setitem(graph.ops.FLOAT_LIMIT, "float64", 2000)
    bias = np.full(16, 116, np.int32)
    ScaleMap(np.zeros((16, 1), np.int8), bias, np.full((2, 1), 15, np.int32))
    with pytest.raises(DamagedModel, match="float64"):
        ScaleMap(np.zeros((16, 1), np.int8), bias, np.full((2, 1), 16, np.int32))


GOOD = {
    "weight": np.zeros((32, 3), np.int8),
    "bias": np.zeros(32, np.int32),
    "offset": np.zeros((2, 2), np.int32),
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": np.zeros((32, 3), np.int16)},
        {"weight": np.zeros((31, 3), np.int8)},
        {"weight": np.zeros((32, 0), np.int8)},
        {
            "weight": np.zeros((0, 3), np.int8),
            "bias": np.zeros(0, np.int32),
            "offset": np.zeros((2, 0), np.int32),
        },
        {"weight": np.zeros(32, np.int8)},
        {"bias": np.zeros(31, np.int32)},
        {"bias": np.zeros(32, np.float32)},
        {"bias": np.zeros((32, 1), np.int32)},
        {"offset": np.zeros((1, 2), np.int32)},
        {"offset": np.zeros((2, 3), np.int32)},
        {"offset": np.zeros((2, 2), np.int64)},
    ],
)
def test_arrays_that_do_not_fit(wrong):
    ScaleMap(**GOOD)
    with pytest.raises(DamagedModel):
        ScaleMap(**{**GOOD, **wrong})


@pytest.mark.parametrize(
    ("z", "quality"),
    [
        (np.zeros((3, 1, 1), np.float32), 0),
        (np.zeros((3, 1, 1), bool), 0),
        (np.zeros((3, 1), np.int32), 0),
        (np.zeros((2, 1, 1), np.int32), 0),
        (np.zeros((3, 0, 1), np.int32), 0),
        (np.full((3, 1, 1), 128, np.int32), 0),
        (np.full((3, 1, 1), -128, np.int8), 0),
        (np.full((3, 1, 1), 2**40, np.int64), 0),
        (np.zeros((3, 1, 1), np.int32), -1),
        (np.zeros((3, 1, 1), np.int32), 4096),
    ],
)
def test_arguments_that_are_refused(z, quality):
    with pytest.raises(UsageError):
        ScaleMap(**GOOD)(z, quality)
