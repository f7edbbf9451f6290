# SPDX-License-Identifier: Apache-2.0
"""Row 18 in parts: its size, and that a wrong picture, a wrong error and an error without the id are seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from attacks import strangers
from attacks.bundles.child import renamed
from attacks.bundles.drafts import sound
from attacks.strangers.worlds import CHANGED, UNKNOWN, World, claimant, namesake

import mezzotint
from mezzotint.bundle import save
from mezzotint.errors import DamagedModel, UnknownModel


def test_there_are_as_many_as_it_says(tmp_path: Path) -> None:
    found = [what for what, _ in strangers.cases(tmp_path)]
    assert len(found) == len(set(found)) == strangers.WHOLE >= 60


def test_a_namesake_would_give_garbage() -> None:
    """A file that is made to name it decodes without an error: nothing but the id keeps it out."""
    picture = mezzotint.decode(renamed(strangers.photo(), namesake()), model=namesake(), threads=1)
    right = strangers.right("library")
    assert picture.shape == right.shape and np.abs(picture.astype(int) - right).max() > 50


def test_a_wrong_outcome_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    path = folder / "tiny.mztm"
    save(path, namesake())
    photo, library = strangers.photo(), strangers.WAYS["library"]

    def told(world: World, name: str = "library", way: strangers.Way = library) -> str:
        return strangers.judged(replace(world, folder=folder), photo, name, way, tmp_path)[0]

    unknown = World("unknown", UnknownModel, UNKNOWN)
    assert told(unknown) == ""
    assert told(replace(unknown, message="something else")).endswith("instead of 'something else'")
    assert told(replace(unknown, error=DamagedModel)).startswith("UnknownModel: ")
    assert told(replace(unknown, error=None)).startswith("UnknownModel: ")
    path.write_bytes(claimant())
    assert told(World("damaged", DamagedModel, CHANGED)) == ""
    path.write_bytes(sound())
    assert told(unknown) == "gave ndarray"
    assert told(World("right", None)) == ""
    other = mezzotint.decode(renamed(photo, namesake()), model=namesake(), threads=1)
    assert told(World("right", None), way=lambda *_: other) == "gave another picture"


def test_an_error_without_the_id_is_seen() -> None:
    world = World("unknown", UnknownModel, UNKNOWN)
    error = UnknownModel(f"the file was made with a model {UNKNOWN}")
    assert "does not name" in strangers._refusal(world, strangers.photo(), error)


def test_a_command_with_another_status_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="status 2"):
        strangers._command(strangers.photo(), "\0", tmp_path)
