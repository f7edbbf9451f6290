# SPDX-License-Identifier: Apache-2.0
"""Golden files that must be refused, each with its error (tests/golden/refuse/expected.json).

"read": the container refuses it. "decode": the container takes it, and decoding with its model does not. "partial": it
was cut off, and is refused although the caller asks for what there is of it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import mezzotint
from mezzotint import errors
from mezzotint.bitstream import read
from mezzotint.bundle import Bundle, default, load

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = GOLDEN / "refuse"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("ascii"))
NOBODYS = bytes.fromhex(
    "0123456789abcdef"
)  # the model id of files that only show what is wrong with a container
SOUND_AS_FAR = "cut-before-layer-1.mzt"  # as it goes; what other cut files hold is nonsense
LIMIT = 300_000  # bytes of the whole folder


@cache
def bundle(model: str | None) -> Bundle | None:
    if model is None:
        return None
    return default() if model == "default" else load(GOLDEN / "streams" / f"{model}.mztm")


def refusal(name: str, met: str) -> errors.MezzotintError:
    """The error that comes of reading or decoding a file."""
    data, model = (FOLDER / name).read_bytes(), bundle(EXPECTED[name]["model"])
    with pytest.raises(errors.MezzotintError) as caught:
        if met == "read":
            read(data)
        else:
            mezzotint.decode(data, model=model, threads=1, partial=met == "partial")
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


@pytest.mark.parametrize("name", EXPECTED)
def test_is_refused_by_name_and_gives_no_picture(name: str) -> None:
    expected, data = EXPECTED[name], (FOLDER / name).read_bytes()
    error = refusal(name, expected["met"])
    assert type(error) is getattr(errors, expected["error"])
    assert expected["says"] in error.what
    if expected["met"] == "decode":
        read(data)  # so what is told of is not the container
    # By `decode` it is met with the same error, unless its model is asked for first, or it is a file that was cut.
    allowed = {expected["error"], *["TruncatedFile"] * (expected["met"] == "partial")}
    allowed |= {"UnknownModel"} if data[14:22] == NOBODYS else set()
    assert type(refusal(name, "decode")).__name__ in allowed
    if name != SOUND_AS_FAR:
        refusal(name, "partial")


def test_a_sound_part_is_refused_to_those_alone_who_ask_for_the_whole() -> None:
    picture = mezzotint.decode((FOLDER / SOUND_AS_FAR).read_bytes(), partial=True)
    assert picture.shape == (64, 64, 4)


def test_the_folder_holds_what_the_table_says() -> None:
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.mzt")}
    assert hashes == {name: row["sha256"] for name, row in EXPECTED.items()}
    assert len(hashes) == len(set(hashes.values())) >= 210
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LIMIT
    assert max(path.stat().st_size for path in FOLDER.glob("*.mzt")) < 2048


def test_every_kind_of_error_is_there() -> None:
    kinds = {(row["met"], row["error"]) for row in EXPECTED.values()}
    container = (
        "NotMezzotint",
        "TruncatedFile",
        "DamagedFile",
        "UnsupportedVersion",
        "UnsupportedMode",
        "LimitExceeded",
    )
    assert kinds >= {("read", error) for error in (*container, "LimitExceeded")}
    assert kinds >= {("decode", error) for error in ("DamagedFile", "UnknownModel", "LimitExceeded")}
    assert kinds >= {("partial", error) for error in ("DamagedFile", "TruncatedFile", "UnknownModel")}
    assert {row["model"] for row in EXPECTED.values()} == {None, "tiny", "context", "default"}


def test_the_builder_still_gives_these_files(hostile: ModuleType) -> None:
    cases = hostile.cases()
    assert {f"{case.name}.mzt": case.data for case in cases} == {
        name: (FOLDER / name).read_bytes() for name in EXPECTED
    }
    assert {f"{case.name}.mzt": hostile.row(case) for case in cases} == EXPECTED


def test_the_builder_shares_no_line_with_the_package() -> None:
    found = set()
    for path in [Path(__file__).with_name("regenerate.py"), *Path(__file__).parent.glob("refuse_*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
    others = {name for name in found - set(sys.stdlib_module_names) if not name.startswith("refuse_")}
    assert others == {"numpy", "decoder", "exact", "forge"}  # the last three are the second decoder's


def test_the_builder_gives_good_files_unless_told_otherwise(hostile: ModuleType) -> None:
    container = read(hostile.build(boxes=(hostile.box(b"iCCP", b"profile"),)))
    assert container.layers == ((b"a", b"bc"), (b"defg", b"hij"))
    assert [(box.tag, box.payload) for box in container.boxes] == [(b"iCCP", b"profile")]


def test_what_is_not_damaged_is_a_picture(hostile: ModuleType) -> None:
    """The sound twins of files that are met by decoding: only what is told of them can be what is wrong."""
    for twin in hostile.sound():
        picture = mezzotint.decode(twin.data, as_="picture")
        assert picture.colour.shape == twin.colour.shape, twin.name
        assert np.abs(picture.colour.astype(int) - twin.colour).max() <= twin.error, twin.name
        assert (picture.alpha is None) == (twin.alpha is None)
        assert twin.alpha is None or (picture.alpha == twin.alpha).all(), twin.name


@pytest.mark.parametrize(
    "name", ["tiny-64x64-q75", "context-1x1-q75", "default-64x64-boxes-q33", "tiny-130x70-alpha-q100"]
)
def test_a_golden_file_is_put_together_again(hostile: ModuleType, name: str) -> None:
    assert hostile.again(name) == (GOLDEN / "streams" / f"{name}.mzt").read_bytes()
