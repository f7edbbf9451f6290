# SPDX-License-Identifier: Apache-2.0
"""Which pictures a folder holds, and the pixels that are measured."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import BadImage, ConversionWarning, FileAccess, LimitExceeded, UsageError
from mezzotint.evaluate import images


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def names(folder: Path, **options: Path) -> list[str]:
    return [images.name(path, folder) for path in images.find(folder, **options)]


# -- which -------------------------------------------------------------------------------------------------


def test_numbers_in_their_order(tmp_path):
    touch(
        tmp_path,
        "10.png",
        "9.PNG",
        "1.png",
        "b2.jpg",
        "B10.webp",
        "a.tif",
        "sub/2.png",
        "sub/11.png",
        "007.png",
    )
    assert names(tmp_path) == [
        "1.png",
        "007.png",
        "9.PNG",
        "10.png",
        "a.tif",
        "b2.jpg",
        "B10.webp",
        "sub/2.png",
        "sub/11.png",
    ]


def test_what_is_no_picture_does_not_count(tmp_path):
    touch(
        tmp_path,
        "1.png",
        "._1.png",
        ".hidden/2.png",
        "notes.txt",
        "1.mzt",
        "film.mpg",
        "data.h5",
        "a.eps",
        "png",
    )
    (tmp_path / "folder.png").mkdir()
    assert names(tmp_path) == ["1.png"]


def test_one_folder_can_be_left_out(tmp_path):
    touch(tmp_path, "1.png", "out/report/plot.png", "other/out/2.png")
    assert names(tmp_path, without=tmp_path / "other" / ".." / "out") == ["1.png", "other/out/2.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_pipes_are_left_alone_and_dead_links_are_not(tmp_path):
    touch(tmp_path, "1.png")
    os.mkfifo(tmp_path / "2.png")
    (tmp_path / "3.png").symlink_to(tmp_path / "nothing.png")
    assert names(tmp_path) == ["1.png", "3.png"]
    with pytest.raises(FileAccess, match="No such file"):
        images.load(tmp_path / "3.png")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_names_that_are_no_text_can_be_written(tmp_path):
    touch(tmp_path, os.fsdecode(b"\xff.png"), "gr\u00fcn.png")
    assert sorted(names(tmp_path)) == ["\\udcff.png", "gr\u00fcn.png"]
    "".join(names(tmp_path)).encode("utf-8")


def test_no_folder_no_picture(tmp_path):
    touch(tmp_path, "a.txt")
    with pytest.raises(BadImage, match="holds no picture"):
        images.find(tmp_path)
    with pytest.raises(FileAccess, match="does not exist"):
        images.find(tmp_path / "b")
    with pytest.raises(FileAccess, match="is not a folder"):
        images.find(tmp_path / "a.txt")


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    touch(tmp_path, "1.png", "sub/2.png")
    scan = os.scandir

    def refuse(place: object) -> object:
        if str(place).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FileAccess, match=r"sub cannot be read: Permission denied"):
        images.find(tmp_path)


def test_choose(tmp_path):
    touch(tmp_path, "1.png", "2.png", "10.png", "sub/1.png")
    paths = images.find(tmp_path)

    def chosen(wanted: str) -> list[str]:
        return [images.name(path, tmp_path) for path in images.choose(paths, tmp_path, wanted)]

    assert chosen("2") == ["1.png", "2.png"]
    assert chosen("99") == ["1.png", "2.png", "10.png", "sub/1.png"]
    assert chosen(" sub/1.png,10.png, 10.png,") == ["10.png", "sub/1.png"]
    for wrong in ("0", "", ",", "3.png", "1.png,sub/2.png", "-1"):
        with pytest.raises(UsageError):
            chosen(wrong)
    with pytest.raises(UsageError, match=r"holds no picture sub/2.png; .* 4 .*1.png"):
        chosen("1.png,sub/2.png")


# -- pixels ------------------------------------------------------------------------------------------------


def quietly(path: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return images.load(path)


def test_rgb_as_it_is(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.png")
    pixels = quietly(tmp_path / "a.png")
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, photo)


def test_grey_and_palette_become_rgb(tmp_path, photo):
    grey = Image.fromarray(photo[..., 0])
    grey.save(tmp_path / "l.png")
    np.testing.assert_array_equal(quietly(tmp_path / "l.png"), np.dstack([photo[..., 0]] * 3))
    palette = Image.fromarray(photo).quantize(16)
    palette.save(tmp_path / "p.png")
    np.testing.assert_array_equal(quietly(tmp_path / "p.png"), np.asarray(palette.convert("RGB")))


def test_transparency_is_left_out_with_a_word(tmp_path, photo):
    opaque = np.full(photo.shape[:2], 255, np.uint8)
    Image.fromarray(np.dstack([photo, opaque])).save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(quietly(tmp_path / "opaque.png"), photo)
    opaque[3, 4] = 0
    Image.fromarray(np.dstack([photo, opaque])).save(tmp_path / "a.png")
    with pytest.warns(ConversionWarning, match="transparency is left out"):
        pixels = images.load(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels, photo)
    assert pixels.flags.c_contiguous


def test_sixteen_bits_are_scaled_with_a_word(tmp_path):
    wide = np.arange(0, 65536, 16, np.uint16).reshape(64, 64)
    Image.fromarray(wide).save(tmp_path / "a.png")
    with pytest.warns(ConversionWarning, match="8 bits"):
        pixels = images.load(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels[..., 1], np.rint(wide / 257).astype(np.uint8))


def test_orientation_is_applied(tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate clockwise to see it upright
    Image.fromarray(photo).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(quietly(tmp_path / "a.png"), np.rot90(photo, -1))


@pytest.mark.parametrize("form", ["png", "jpg", "webp", "tif", "avif", "gif", "jp2"])
def test_a_cut_file_is_named(tmp_path, photo, form):
    path = tmp_path / f"a.{form}"
    Image.fromarray(photo).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadImage, match=f"a.{form}: "):
        images.load(path)


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(BadImage, match=r"a.png: ") as caught:
        images.load(tmp_path / "a.png")
    assert "\n" not in str(caught.value)


def test_size_is_limited(tmp_path):
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    assert images.load(tmp_path / "a.png", 200).shape == (10, 20, 3)
    with pytest.raises(LimitExceeded, match=r"a.png: 20x10 pixels, over the limit of 199"):
        images.load(tmp_path / "a.png", 199)


def test_the_limit_takes_the_place_of_pillows(tmp_path, monkeypatch):
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert quietly(tmp_path / "a.png").shape == (10, 20, 3)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_digest():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert images.digest(pixels) == hashlib.sha256(b"2 4 3 " + pixels.tobytes()).hexdigest()[:12]
    assert images.digest(pixels) == images.digest(pixels[::-1][::-1])  # strides do not matter
    assert images.digest(pixels) != images.digest(pixels.reshape(4, 2, 3))
    assert images.digest(pixels) != images.digest(pixels + np.uint8(1))
