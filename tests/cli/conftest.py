# SPDX-License-Identifier: Apache-2.0
"""Run `mzt` inside the test's process; files live in a folder of their own, and the tiny model is at hand."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mezzotint.cli.program import run


@dataclass(frozen=True)
class Result:
    status: int
    out: bytes
    err: str


Mzt = Callable[..., Result]


@pytest.fixture
def mzt(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Mzt:
    def call(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        capsysbinary.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return Result(status, captured.out, captured.err.decode())

    return call


@pytest.fixture
def folder(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; files made with the tiny model can be decoded."""
    monkeypatch.setenv("MZT_MODELS", str(tiny_model.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def picture(folder: Path, photo: NDArray[np.uint8]) -> Path:
    """A PNG of 90x70 pixels in the folder."""
    path = folder / "photo.png"
    Image.fromarray(photo[100:170, 150:240]).save(path)
    return path


@pytest.fixture
def coded(picture: Path, mzt: Mzt, tiny_model: Path) -> Path:
    """The same picture as .mzt."""
    path = picture.with_suffix(".mzt")
    assert mzt("encode", picture, path, "--model", tiny_model).status == 0
    return path
