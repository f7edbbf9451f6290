# SPDX-License-Identifier: Apache-2.0
"""docs/salvage.md and its picture: numbers in sentences are those of the model, marks are where the page says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint import bundle
from mezzotint.runtime.encode import DEFAULT_TILE_LOG2
from mezzotint.runtime.salvage import STRIPE

LOST = ((128, 0, 128, 128), (256, 128, 128, 128))


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("salvage_picture", root / "docs" / "_ext" / "stripes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_numbers_are_those_of_the_code(root: Path) -> None:
    text = " ".join((root / "docs" / "salvage.md").read_text(encoding="utf-8").split())
    halo, side = bundle.default().card.synthesis_halo, 1 << DEFAULT_TILE_LOG2
    assert f"up to {halo} cells of 16 pixels away, which is {16 * halo} pixels" in text
    assert f"A tile has {side}x{side} pixels unless" in text
    assert STRIPE == 8 and "eight pixels wide" in text


def test_the_picture_shows_what_is_lost(script: ModuleType) -> None:
    assert script.PICTURE.stat().st_size < 100_000
    with Image.open(script.PICTURE) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    found = mezzotint.salvage(script.damaged(), threads=1)
    assert found.lost == LOST and shown.shape == found.picture.shape
    off = np.abs(shown - found.picture)
    assert off.mean() < 4  # the PNG has fewer colours
    for x, y, width, height in LOST:
        assert off[y : y + height, x : x + width].mean() < 4
    text = (script.ROOT / "docs" / "salvage.md").read_text(encoding="utf-8")
    assert (
        f"2 of 6 tiles are lost and marked: {' '.join(','.join(map(str, place)) for place in LOST)}" in text
    )


def test_neighbours_differ_as_little_as_the_page_says(script: ModuleType) -> None:
    data = bytearray(script.damaged())
    found = mezzotint.salvage(data, threads=1)
    with Image.open(script.ROOT / "examples" / "chelsea.png") as image:
        pixels = np.asarray(image.convert("RGB").crop(script.CROP))
    sound = mezzotint.decode(mezzotint.encode(pixels, 75, tile_log2=script.TILE_LOG2, threads=1), threads=1)
    off = np.abs(found.picture.astype(int) - sound).max(-1)
    for margin, most in ((0, 27), (5, 6)):  # another processor may round another way
        near = off.copy()
        for x, y, width, height in LOST:
            near[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin] = 0
        assert 0 < near.max() <= most
