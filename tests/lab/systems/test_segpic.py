# SPDX-License-Identifier: Apache-2.0
"""No file of SegPIC holds a mask: its chunks are those of the codec without regions, and decoding asks for nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import MissingExtra
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.regions import grid_map
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes import published
from mezzotint.lab.systems import SYSTEMS, Media, System, stream
from mezzotint.lab.systems.image import ImageSystem

RECIPE = published.find("segpic")


def chunks(system: System, media: Media) -> tuple[bytes, ...]:
    assert isinstance(system, ImageSystem)
    data = system.compress(media, 2000)
    return stream.read(data, "segpic", stream.identity(system)).chunks


def test_a_file_has_the_chunks_of_one_without_regions(
    made: Callable[[str], System], sample: Callable[[str], Media]
) -> None:
    pytest.importorskip("skimage")
    media = sample("photo")
    on, off = (chunks(made(spec), media) for spec in (RECIPE.on, RECIPE.off or ""))
    assert len(on) == len(off) == 2  # z and y


def test_coding_looks_for_no_regions(
    made: Callable[[str], System], sample: Callable[[str], Media], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")
    system, media = made(RECIPE.on), sample("photo")
    data = system.compress(media, 2000)
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    monkeypatch.setattr(system.framed, "source", None)
    assert system.compress(media, 2000) == data
    assert np.array_equal(system.decompress(data), system.rebuilt(media, 2000))


def test_training_does(start: Start, crops: Crops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(MissingExtra):
        SYSTEMS.build(RECIPE.on, start).learn(crops, 1, 0)
    SYSTEMS.build("segpic(regions='grid')", start).learn(crops, 1, 0)


def test_both_cost_what_the_board_s_do(start: Start) -> None:
    costs = []
    for spec in (RECIPE.on, RECIPE.off or "", "plain"):
        framed = SYSTEMS.build(spec, start).eval().framed
        quality, regions = torch.zeros(1), () if spec == "plain" else (grid_map(),)
        macs = count(framed.analysis, torch.zeros(1, 3, 128, 128), quality, *regions).macs
        costs.append(macs + count(framed.synthesis, torch.zeros(1, 192, 8, 8), quality, *regions).macs)
    assert max(costs) / min(costs) < 1.01


def test_bad_options_are_one_line(start: Start) -> None:
    for spec, said in (
        ("segpic(adapt=-1)", "0 or more"),
        ("segpic(regions='slic')", "known: felz"),
        ("segpic(adapt=9)", "cheaper"),
    ):
        with pytest.raises(ValueError, match=said):
            SYSTEMS.build(spec, start)
