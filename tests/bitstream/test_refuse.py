# SPDX-License-Identifier: Apache-2.0
"""Golden files that must be refused, each with its error (tests/golden/refuse/expected.json)."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint import errors
from mezzotint.bitstream import read

FOLDER = Path(__file__).parents[1] / "golden" / "refuse"
EXPECTED: dict[str, dict[str, str]] = json.loads((FOLDER / "expected.json").read_text("ascii"))


@pytest.mark.parametrize("name", EXPECTED)
def test_is_refused_by_name(name: str) -> None:
    expected = EXPECTED[name]
    with pytest.raises(errors.MezzotintError) as caught:
        read((FOLDER / name).read_bytes())
    assert type(caught.value) is getattr(errors, expected["error"])
    assert expected["says"] in caught.value.what
    assert len(str(caught.value).splitlines()) == 1


def test_the_folder_holds_what_the_table_says() -> None:
    assert {path.name for path in FOLDER.glob("*.mzt")} == set(EXPECTED)
    assert len(EXPECTED) >= 30


def test_the_builder_still_gives_these_files(hostile: ModuleType) -> None:
    assert {f"{case.name}.mzt": case.data for case in hostile.cases()} == {
        name: (FOLDER / name).read_bytes() for name in EXPECTED
    }


def test_the_builder_gives_good_files_unless_told_otherwise(hostile: ModuleType) -> None:
    container = read(hostile.build(boxes=(hostile.box(b"iCCP", b"profile"),)))
    assert container.layers == ((b"a", b"bc"), (b"defg", b"hij"))
    assert [(box.tag, box.payload) for box in container.boxes] == [(b"iCCP", b"profile")]
