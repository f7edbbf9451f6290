# SPDX-License-Identifier: Apache-2.0
"""The labelled set follows from its seed, has all classes, lies over its photos, and can be taken apart."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import CLASSES, PATTERNS, SIDE, Labelled, Painted, cut, join


@pytest.fixture(scope="module")
def photos() -> list[torch.Tensor]:
    dice = torch.Generator().manual_seed(0)
    return [torch.randint(0, 256, (3, 160, 200), generator=dice, dtype=torch.uint8) for _ in range(3)]


def test_tiles_follow_from_seed_and_step(photos: list[torch.Tensor]) -> None:
    first, again = Labelled(Crops(photos, 128, 3), 5), Labelled(Crops(photos, 128, 3), 5)
    a, b = first.at(7), again.at(7)
    assert (
        a.pixels.dtype == torch.uint8 and a.pixels.shape == (12, 3, SIDE, SIDE) and a.classes.shape == (12,)
    )
    assert torch.equal(a.pixels, b.pixels) and torch.equal(a.classes, b.classes)
    for other in (first.at(8), Labelled(Crops(photos, 128, 3), 6).at(7)):
        assert not torch.equal(a.pixels, other.pixels) and not torch.equal(a.classes, other.classes)
    assert a.x.min() >= -0.5 and a.x.max() <= 0.5


def test_a_set_has_all_classes_about_as_often(photos: list[torch.Tensor]) -> None:
    labels = Labelled(Crops(photos, 64, 50)).draw(600)
    counts = torch.bincount(labels.classes, minlength=len(CLASSES))
    assert len(labels.pixels) == 600 and len(counts) == len(CLASSES) == 12
    assert counts.min() > 25 and counts.max() < 80


def test_another_seed_paints_other_textures_over_the_same_photos(photos: list[torch.Tensor]) -> None:
    crops = Crops([torch.full((3, 160, 160), 128, dtype=torch.uint8)], 64, 64)
    a, b = Labelled(crops, 0).at(0).x, Labelled(crops, 1).at(0).x
    assert (a - b).abs().mean() > 0.02
    corner = a[:, :, :4, :4].flatten(
        1
    )  # outside most patches: the ground, fainter or not, and a little noise
    assert corner.abs().median() < 0.03 < a[:, :, 28:36, 28:36].std()


def test_every_pattern_is_bounded_and_its_own() -> None:
    v, u = torch.meshgrid(torch.linspace(-20, 20, 64), torch.linspace(-20, 20, 64), indexing="ij")
    drawn = torch.stack([pattern(u[None], v[None])[0] for pattern in PATTERNS.values()]).flatten(1)
    assert drawn.abs().max() <= 1.6
    centred = drawn - drawn.mean(1, keepdim=True)
    like = torch.nn.functional.normalize(centred, dim=1) @ torch.nn.functional.normalize(centred, dim=1).T
    assert (like - torch.eye(len(drawn))).abs().max() < 0.97


def test_cut_is_undone_by_join() -> None:
    pictures = torch.arange(2.0 * 3 * 12 * 12).view(2, 3, 12, 12)
    tiles = cut(pictures, 3)
    assert tiles.shape == (18, 3, 4, 4)
    assert torch.equal(tiles[1], pictures[0, :, :4, 4:8]) and torch.equal(tiles[12], pictures[1, :, 4:8, :4])
    assert torch.equal(join(tiles, 3), pictures) and torch.equal(join(tiles[:17], 3), pictures[:1])


def test_painted_pictures_are_the_same_tiles(photos: list[torch.Tensor]) -> None:
    labelled = Labelled(Crops(photos, 150, 2))
    painted = Painted(labelled)
    assert (painted.size, painted.batch) == (128, 2)
    assert torch.equal(cut(painted.at(3), 2), labelled.at(3).x)


def test_crops_smaller_than_a_tile_are_refused(photos: list[torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="smaller than a tile: take 64"):
        Labelled(Crops(photos, 48, 2))
