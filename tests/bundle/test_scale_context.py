# SPDX-License-Identifier: Apache-2.0
"""The two optional arrays of a bundle: they survive the file, enter the model id, and are held to their laws."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mezzotint.bundle import Blob, Bundle, assemble, dump, load, read_summary, save
from mezzotint.bundle.laws import check, check_header
from mezzotint.errors import DamagedModel

NAMES = ("scale.inner", "scale.outer")
INNER, OUTER = np.zeros((2, 3, 2, 5), np.int8), np.zeros((5, 3), np.int8)  # as the hand-made model has them


@pytest.fixture(scope="module")
def with_context(tiny: ModuleType) -> Bundle:
    found: Bundle = tiny.bundle(context=True)
    return found


def changed(tiny: ModuleType, **arrays: Any) -> Bundle:
    named = {f"scale.{name}": array for name, array in arrays.items()}
    return assemble(tiny.CONTEXT_CARD, tiny.graphs(), tiny.arrays() | named)


def redeclared(bundle: Bundle, name: str, **change: Any) -> Bundle:
    """Another entry for the same bytes."""
    blobs = (
        Blob(replace(blob.entry, **change), blob.data) if blob.entry.name == name else blob
        for blob in bundle.blobs
    )
    return Bundle(bundle.card, tuple(blobs))


def test_there_and_back(tiny: ModuleType, with_context: Bundle, tmp_path: Path) -> None:
    save(tmp_path / "a.mztm", with_context)
    again = load(tmp_path / "a.mztm")
    assert again.model_id == with_context.model_id == read_summary(tmp_path / "a.mztm").model_id
    assert again.card == with_context.card
    arrays = tiny.context_arrays()
    assert tuple(arrays) == NAMES
    for name in NAMES:
        np.testing.assert_array_equal(again.array(name), arrays[name])
    assert again.scale_context is not None
    np.testing.assert_array_equal(again.scale_context.inner, arrays["scale.inner"])
    np.testing.assert_array_equal(again.scale_context.outer, arrays["scale.outer"])
    assert again.scale_context.groups == (3, 2, 3)
    assert again.scale_context is again.scale_context  # made, and so checked, once


def test_they_are_optional(tiny: ModuleType, bundle: Bundle) -> None:
    assert load(dump(bundle)).scale_context is None
    assert changed(tiny).scale_context is None


@pytest.mark.parametrize(("name", "missing"), [("inner", "scale.outer"), ("outer", "scale.inner")])
def test_one_needs_the_other(tiny: ModuleType, with_context: Bundle, name: str, missing: str) -> None:
    changed(tiny, inner=INNER, outer=OUTER)
    with pytest.raises(DamagedModel, match=f"'{missing}' is missing"):
        changed(tiny, **{name: {"inner": INNER, "outer": OUTER}[name]})
    entries = [blob.entry for blob in with_context.blobs if blob.entry.name != missing]
    with pytest.raises(DamagedModel, match=f"'{missing}' is missing"):
        check_header(with_context.card, entries)


def test_they_are_of_the_decoder_and_enter_the_id(tiny: ModuleType, with_context: Bundle) -> None:
    sides = {blob.entry.name: blob.entry.side for blob in with_context.blobs}
    assert {sides[name] for name in NAMES} == {"decoder"}
    inner, outer = (tiny.context_arrays()[name] for name in NAMES)
    other_inner, other_outer = inner.copy(), outer.copy()
    other_inner[0, 2, 1, 4] += 1  # one that is never read
    other_outer[4, 2] -= 1
    found = [
        with_context,
        changed(tiny),
        changed(tiny, inner=0 * inner, outer=0 * outer),
        changed(tiny, inner=other_inner, outer=outer),
        changed(tiny, inner=inner, outer=other_outer),
    ]
    assert len({one.model_id for one in found}) == 5
    assert changed(tiny, inner=inner, outer=outer).model_id == with_context.model_id


@pytest.mark.parametrize(
    "inner",
    [
        *(INNER.astype(dtype) for dtype in (np.uint8, np.int16, np.int32, np.float32)),
        INNER[:1],
        INNER[:, :0],
        INNER[:, :2],
        INNER[:, :, :1],
        INNER[..., :4],
        INNER[..., None],
        INNER.transpose(0, 1, 3, 2),
        INNER.reshape(2, 3, 10),
        INNER.ravel(),
        np.zeros((3, 3, 2, 5), np.int8),
        np.zeros((2, 4, 2, 5), np.int8),
        np.zeros((2, 3, 2, 8), np.int8),
        np.zeros((0, 0, 0, 0), np.int8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_another_shape_or_dtype_of_inner_is_refused(tiny: ModuleType, inner: Any) -> None:
    with pytest.raises(DamagedModel, match="inner"):
        changed(tiny, inner=inner, outer=OUTER)


@pytest.mark.parametrize(
    "outer",
    [
        *(OUTER.astype(dtype) for dtype in (np.uint8, np.int16, np.int32, np.float32)),
        OUTER[:4],
        OUTER[:, :0],
        OUTER[:, :2],
        OUTER[..., None],
        OUTER.T,
        OUTER.ravel(),
        np.zeros((8, 3), np.int8),
        np.zeros((5, 4), np.int8),
        np.zeros((0, 0), np.int8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_another_shape_or_dtype_of_outer_is_refused(tiny: ModuleType, outer: Any) -> None:
    with pytest.raises(DamagedModel, match="outer"):
        changed(tiny, inner=INNER, outer=outer)


@pytest.mark.parametrize("features", [1, 2, 40])
def test_any_number_of_features_will_do(tiny: ModuleType, features: int) -> None:
    found = changed(tiny, inner=np.ones((2, features, 2, 5), np.int8), outer=np.ones((5, features), np.int8))
    assert load(dump(found)).scale_context is not None


def test_they_must_fit_the_groups(tiny: ModuleType) -> None:
    """The same arrays with other groups of as many channels."""
    arrays = tiny.arrays() | dict(zip(NAMES, (INNER, OUTER), strict=True))
    for groups in ((5, 3), (2, 3, 3), (3, 3, 2), (3, 5), (3, 1, 1, 3)):
        with pytest.raises(DamagedModel, match=r"'scale\.(inner|outer)'"):
            assemble(replace(tiny.CONTEXT_CARD, latent_groups=groups), tiny.graphs(), arrays)
    assemble(replace(tiny.CONTEXT_CARD, latent_groups=(3, 2, 3)), tiny.graphs(), arrays)
    arrays["scale.inner"] = np.zeros((3, 3, 2, 5), np.int8)
    assemble(replace(tiny.CONTEXT_CARD, latent_groups=(3, 1, 1, 3)), tiny.graphs(), arrays)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "change", [{"side": "encoder"}, {"kind": "onnx"}, {"dtype": "uint8"}, {"shape": (3, 5)}, {"shape": (60,)}]
)
def test_another_entry_is_refused(with_context: Bundle, name: str, change: dict[str, Any]) -> None:
    check(Bundle(with_context.card, with_context.blobs))
    with pytest.raises(DamagedModel, match=f"'{name}'"):
        check(redeclared(with_context, name, **change))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *(
            (NAMES[0], shape)
            for shape in ((2, 3, 2, 4), (1, 3, 2, 5), (2, 3, 1, 5), (2, 0, 2, 5), (2, 3, 2, 8), (60,))
        ),
        *((NAMES[1], shape) for shape in ((4, 3), (8, 3), (5, 0), (3, 5), (15,), (5, 3, 1))),
    ],
)
def test_the_header_alone_tells_another_shape(
    with_context: Bundle, name: str, shape: tuple[int, ...]
) -> None:
    """Before any blob is read."""
    check_header(with_context.card, [blob.entry for blob in with_context.blobs])
    other = redeclared(with_context, name, shape=shape, length=int(np.prod(shape)))
    with pytest.raises(DamagedModel, match=f"'{name}'"):
        check_header(with_context.card, [blob.entry for blob in other.blobs])


def test_one_group_has_none(tiny: ModuleType) -> None:
    """Its arrays would be empty."""
    card = replace(tiny.CARD, latent_groups=(8,))
    arrays = tiny.arrays() | {NAMES[0]: INNER[:0, ..., :0], NAMES[1]: OUTER[:0]}
    assert load(dump(assemble(card, tiny.graphs(), tiny.arrays()))).scale_context is None
    with pytest.raises(DamagedModel, match="inner|outer"):
        assemble(card, tiny.graphs(), arrays)


def test_its_bounds_are_checked_when_a_bundle_is_read(tiny: ModuleType) -> None:
    """820 features of the largest weights leave 32 bits; only a file of another hand can hold them."""
    inner, outer = np.full((2, 820, 2, 5), -128, np.int8), np.full((5, 820), -128, np.int8)
    fits = changed(tiny, inner=inner[:, :819], outer=outer[:, :819])
    assert load(dump(fits)).scale_context is not None
    with pytest.raises(DamagedModel, match="scale context may leave 32 bits"):
        changed(tiny, inner=inner, outer=outer)
    outer[:, 0] = 0
    good = changed(tiny, inner=inner, outer=outer)
    worse = replace_data(good, NAMES[1], np.full_like(outer, -128).tobytes())
    assert load(dump(good)).scale_context is not None
    with pytest.raises(DamagedModel, match="scale context may leave 32 bits"):
        load(dump(worse))


def replace_data(bundle: Bundle, name: str, data: bytes) -> Bundle:
    """With its hash, and unchecked."""
    other = redeclared(bundle, name, sha256=sha256(data).hexdigest())
    blobs = (Blob(blob.entry, data) if blob.entry.name == name else blob for blob in other.blobs)
    return Bundle(other.card, tuple(blobs))


def test_a_context_needs_the_steps_of_all_channels(tiny: ModuleType, with_context: Bundle) -> None:
    """The encoder guesses symbols by them; it once died of a missing name in a bundle that no law refused."""
    renamed = tuple(
        Blob(replace(blob.entry, name="vector.pace"), blob.data) if blob.entry.name == "vector.step" else blob
        for blob in with_context.blobs
    )
    with pytest.raises(DamagedModel, match="vector 'step'"):
        check(Bundle(with_context.card, renamed))


def test_features_are_limited(tiny: ModuleType) -> None:
    """They cost memory for every cell, whatever the channels."""
    arrays = tiny.arrays() | tiny.context_arrays()
    groups = tiny.CONTEXT_CARD.latent_groups
    arrays["scale.inner"] = np.zeros((len(groups) - 1, 1025, 2, sum(groups[:-1])), np.int8)
    arrays["scale.outer"] = np.zeros((sum(groups[1:]), 1025), np.int8)
    with pytest.raises(DamagedModel, match="1025 features"):
        assemble(tiny.CONTEXT_CARD, tiny.graphs(), arrays)
