# SPDX-License-Identifier: Apache-2.0
"""Pictures of known sizes from any folder, and where the folder is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import BadImage, FileAccess
from mezzotint.evaluate.speed import pictures


def test_photos_are_of_kodak_s_size(root):
    found = pictures.photos(root / "examples", 3)
    assert [photo.shape for photo in found] == [(512, 768, 3)] * 3
    assert all(photo.dtype == np.uint8 for photo in found)
    assert pictures.scene(found).name == "768x512"
    assert pictures.scene(found).megapixels == pytest.approx(3 * 0.393216)
    large = pictures.large_scene(found)
    assert (large.name, large.pictures[0].shape) == ("1536x1024", (1024, 1536, 3))
    for row, column, photo in ((0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 0)):
        part = large.pictures[0][512 * row : 512 * (row + 1), 768 * column : 768 * (column + 1)]
        np.testing.assert_array_equal(part, found[photo])


@pytest.mark.parametrize("size", [(1, 1), (768, 512), (769, 513), (2000, 300)])
def test_any_size_is_tiled(size):
    small = (np.zeros((512, 768, 3), np.uint8), np.full((512, 768, 3), 9, np.uint8))
    picture = pictures.tiled(small, size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture[0, 0, 0] == 0
    if size[0] > 768:
        assert picture[0, 768, 0] == 9


def test_the_examples_are_found_and_a_folder_can_be_named(root, tmp_path):
    assert pictures.photo_folder(None) == root / "examples"
    assert pictures.photo_folder(str(tmp_path)) == tmp_path


def test_without_a_checkout_the_option_is_named(monkeypatch):
    monkeypatch.setattr(pictures, "checkout", lambda: None)
    with pytest.raises(FileAccess, match="--photos FOLDER"):
        pictures.photo_folder(None)


def test_folders_without_photos(tmp_path):
    with pytest.raises(FileAccess, match="does not exist"):
        pictures.photos(tmp_path / "none", 2)
    with pytest.raises(BadImage, match="no picture"):
        pictures.photos(tmp_path, 2)
    (tmp_path / "a.png").write_bytes(b"\x89PNG nonsense")
    with pytest.raises(BadImage, match=r"a\.png"):
        pictures.photos(tmp_path, 2)


def test_one_small_grey_photo_will_do(tmp_path):
    Image.new("L", (3, 5), 77).save(tmp_path / "a.png")
    (photo,) = pictures.photos(tmp_path, 4)
    assert photo.shape == (512, 768, 3)
    assert (photo == 77).all()
