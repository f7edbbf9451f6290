# SPDX-License-Identifier: Apache-2.0
"""Golden files without a network decode to the same samples on every machine; see regenerate_exact.py."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import mezzotint
from mezzotint.bitstream import read
from mezzotint.errors import UnknownModel
from mezzotint.runtime import lossless
from mezzotint.runtime.exact_decode import decode_exact

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "golden" / "exact"
TABLE: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("ascii"))


@lru_cache(maxsize=1)
def builder() -> ModuleType:
    path = TESTS / "runtime" / "regenerate_exact.py"
    spec = importlib.util.spec_from_file_location("golden_exact", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_names_every_file() -> None:
    assert list(TABLE) == list(builder().cases())
    assert {path.stem for path in FOLDER.glob("*.mzt")} == set(TABLE)


def test_the_files_cover_the_format() -> None:
    headers = [row["header"] for row in TABLE.values()]
    assert {header["mode"] for header in headers} == {1, 2}
    assert {header["channels"] for header in headers} == {1, 3}
    assert {header["bit_depth"] for header in headers} == set(range(1, 17))
    assert {header["alpha"] for header in headers} == {0, 1}
    assert {header["tile_log2"] for header in headers} == {6, 7, 10, 15}
    assert {header["model_id"] for header in headers} == {lossless.TABLES_ID.hex()}


@pytest.mark.parametrize("name", TABLE)
def test_every_sample_is_equal(name: str) -> None:
    row, data = TABLE[name], (FOLDER / f"{name}.mzt").read_bytes()
    assert builder().sha256(data) == row["sha256"]
    container = read(data)
    assert asdict(container.header) | {"model_id": container.header.model_id.hex()} == row["header"]
    assert [[len(chunk) for chunk in layer] for layer in container.layers] == row["layers"]
    assert [[box.tag.decode(), builder().sha256(box.payload)] for box in container.boxes] == row["boxes"]
    picture = decode_exact(container)
    assert builder().of_samples(picture.colour) == row["pixels"]
    assert (None if picture.alpha is None else builder().of_samples(picture.alpha)) == row["alpha"]


@pytest.mark.parametrize("name", [name for name in TABLE if "-forged" not in name])
def test_the_golden_samples_are_those_of_the_picture(name: str) -> None:
    """The pictures come from this repository, so that files and not only their hashes can be judged."""
    case = builder().cases()[name]
    picture = case.picture()
    back = mezzotint.decode((FOLDER / f"{name}.mzt").read_bytes(), as_="picture")
    assert back.colour.shape == picture.colour.shape
    assert np.abs(back.colour.astype(int) - picture.colour.astype(int)).max() <= case.max_error
    assert (back.alpha is None) == (picture.alpha is None)
    assert picture.alpha is None or (back.alpha == picture.alpha).all()
    assert (back.icc, back.exif, back.xmp) == (picture.icc, picture.exif, picture.xmp)


def test_other_tables_are_refused_by_name() -> None:
    data = bytearray((FOLDER / "1x1.mzt").read_bytes())
    from dataclasses import replace

    from mezzotint.bitstream import write

    container = read(bytes(data))
    other = replace(container, header=replace(container.header, model_id=b"\xff" * 8))
    with pytest.raises(UnknownModel, match="ffffffffffffffff"):
        mezzotint.decode(write(other))
