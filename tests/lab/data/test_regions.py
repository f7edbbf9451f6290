# SPDX-License-Identifier: Apache-2.0
"""Regions of crops: where colours part, and a refusal in a line without the library that finds them."""

import sys

import pytest
import torch

from mezzotint.errors import MissingExtra
from mezzotint.lab.data import regions


def halves() -> torch.Tensor:
    """(2, 3, 64, 64): dark on the left and light on the right; light above and dark below."""
    x = torch.full((2, 3, 64, 64), -0.4)
    x[0, :, :, 32:] = 0.4
    x[1, :, :32] = 0.4
    return x


def test_regions_part_where_colours_do() -> None:
    pytest.importorskip("skimage")
    found = regions.felzenszwalb(halves())
    assert found.dtype == torch.int64 and found.shape == (2, 16, 16)
    for one, across in zip(found, (found[0], found[1].T), strict=True):
        left, right = across[:, :6].unique(), across[:, 10:].unique()
        assert len(left) == len(right) == 1 and left != right
        assert one.min() == 0


def test_small_spots_are_merged() -> None:
    pytest.importorskip("skimage")
    x = torch.full((1, 3, 128, 128), -0.4)
    x[:, :, 8::32, 8::32] = 0.4
    spots = torch.nn.functional.max_pool2d(x, 9, stride=1, padding=4)  # 16 of 9 x 9 pixels
    assert regions.felzenszwalb(spots).max() == 0
    big = torch.full((1, 3, 128, 128), -0.4)
    big[:, :, 32:96, 32:96] = 0.4
    assert regions.felzenszwalb(big).max() > 0


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(MissingExtra, match="mezzotint.systems"):
        regions.felzenszwalb(halves())


def test_a_grid_is_the_same_for_all() -> None:
    assert torch.equal(regions.grid(halves()), torch.arange(16).view(1, 4, 4))


def test_unknown_sources_are_refused() -> None:
    assert regions.find("grid") is regions.grid
    with pytest.raises(ValueError, match="known: felzenszwalb, grid"):
        regions.find("slic")
