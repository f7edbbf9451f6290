# SPDX-License-Identifier: Apache-2.0
"""Effort 0 is the plain encoder; what is asked of the others, and what is said where they cannot run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import mezzotint
from mezzotint.errors import MissingExtra, UsageError
from mezzotint.runtime import effort

SCRIPT = """
import sys, numpy, mezzotint
mezzotint.encode(numpy.zeros((20, 30, 3), numpy.uint8), model=sys.argv[1], effort=0)
print("torch" in sys.modules, "mezzotint.lab" in sys.modules)
"""


def installed(monkeypatch, *points):
    monkeypatch.setattr(effort, "entry_points", lambda group: [p for p in points if group == effort.GROUP])


def point(load, name="x"):
    return SimpleNamespace(name=name, load=load)


def test_effort_0_is_the_plain_encoder(photo, tiny_model, monkeypatch):
    plain = mezzotint.encode(photo, model=tiny_model)
    installed(monkeypatch)
    assert mezzotint.encode(photo, model=tiny_model, effort=0) == plain


def test_effort_0_loads_no_lab(tiny_model):
    command = [sys.executable, "-c", SCRIPT, str(tiny_model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("wrong", [-1, 10, 1.5, True, "5", None, float("nan")])
def test_out_of_range(wrong):
    with pytest.raises(UsageError, match="is outside 0..9"):
        mezzotint.encode(np.zeros((8, 8), np.uint8), effort=wrong)


def test_no_refiner(monkeypatch):
    installed(monkeypatch)
    with pytest.raises(MissingExtra, match=r"pip install 'mezzotint\[lab\]'") as error:
        mezzotint.encode(np.zeros((8, 8), np.uint8), effort=1)
    assert "\n" not in str(error.value)


def test_torch_is_missing(monkeypatch):
    def load():
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    installed(monkeypatch, point(load))
    with pytest.raises(MissingExtra, match="needs torch, which is not installed; pip install"):
        mezzotint.encode(np.zeros((8, 8), np.uint8), effort=1)


def test_the_lab_declares_one():
    names = [found.value for found in effort.entry_points(group=effort.GROUP)]
    assert names == ["mezzotint.lab.refine.search:refine"]


def test_what_a_refiner_sees_and_gives(monkeypatch, photo, tiny_model):
    """It may change symbols of every tile; the file holds what it gave."""
    seen = []

    def refine(draft, effort, progress):
        seen.append((draft, effort, progress))
        return tuple(replace(tile, symbols=np.zeros_like(tile.symbols)) for tile in draft.latents)

    installed(monkeypatch, point(lambda: refine), point(None, "y"))
    options = {"model": tiny_model, "tile_log2": 7, "threads": 1}
    plain = mezzotint.encode(photo, 60, **options)
    data = mezzotint.encode(photo, 60, effort=7, progress=print, **options)
    ((draft, asked, told),) = seen
    assert (asked, told) == (7, print)
    assert np.array_equal(draft.colour, photo) and draft.quality == 2457
    assert len(draft.grid) == len(draft.latents) == mezzotint.read_header(data).tile_count > 1
    assert len(data) < len(plain)
    assert mezzotint.decode(data, model=tiny_model).std() < mezzotint.decode(plain, model=tiny_model).std()
