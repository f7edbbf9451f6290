# SPDX-License-Identifier: Apache-2.0
"""Which codecs a run gets: all that can run here, those that were named, and one line for each that is missing."""

from __future__ import annotations

import builtins
import subprocess
import sys

import pytest
from PIL import features

from mezzotint.errors import FileAccess, UsageError
from mezzotint.evaluate.codecs import FAMILIES, available, jpeg, ours

LOSSY = ["mezzotint", "jpeg", "mozjpeg", "webp", "avif", "jxl", "heic", "jp2"]
LOSSLESS = ["png-lossless", "webp-lossless", "jxl-lossless"]


@pytest.fixture
def without(monkeypatch):
    """A function that makes a package impossible to import."""

    def remove(package: str, error: type[Exception] = ModuleNotFoundError) -> None:
        real = builtins.__import__

        def refuse(name, *arguments, **options):
            if name.split(".")[0] == package:
                if error is ModuleNotFoundError:
                    raise ModuleNotFoundError(f"No module named {package!r}", name=package)
                raise error(f"cannot load\nlib{package}")
            return real(name, *arguments, **options)

        monkeypatch.setattr(builtins, "__import__", refuse)

    return remove


def test_families_in_their_order():
    assert list(FAMILIES) == LOSSY + LOSSLESS
    assert [name for name, family in FAMILIES.items() if family.lossless] == LOSSLESS


def test_all_means_all_lossy_ones(tiny_model):
    codecs, missing = available(None, str(tiny_model))
    left_out = {line.split()[0] for line in missing}
    assert list(dict.fromkeys(codec.id for codec in codecs)) == [
        name for name in LOSSY if name not in left_out
    ]


def test_named_ones_come_once_and_in_order():
    codecs, missing = available(["png-lossless", "jpeg", "jpeg"], None)
    assert [codec.id for codec in codecs] == ["jpeg", "jpeg", "png-lossless"]
    assert not missing


def test_an_unknown_one_lists_the_known():
    with pytest.raises(UsageError, match="'jpg'; known are mezzotint, jpeg, .*, jxl-lossless"):
        available(["jpeg", "jpg"], None)


def test_a_part_of_the_settings_chooses_among_them():
    codecs, _ = available(["avif:speed 6", "jpeg:progressive"], None)
    assert {(codec.id, codec.settings.split(",")[0]) for codec in codecs} == {
        ("jpeg", "optimize"),
        ("avif", "speed 6"),
    }
    assert len(codecs) == 4
    assert len(available(["avif:speed 6", "avif"], None)[0]) == 6


def test_a_part_that_no_settings_have_lists_those_there_are():
    with pytest.raises(UsageError, match="avif has no settings with 'speed 5'; it has: speed 4, 4:4:4; "):
        available(["avif:speed 5"], None)


@pytest.mark.parametrize(
    ("name", "package", "title", "remedy"),
    [
        ("jxl", "imagecodecs", "imagecodecs", "pip install 'mezzotint[eval]'"),
        ("jxl-lossless", "imagecodecs", "imagecodecs", "pip install 'mezzotint[eval]'"),
        ("heic", "pillow_heif", "pillow-heif", "pip install 'mezzotint[eval]'"),
        ("mozjpeg", "pyvips", "pyvips", "pip install 'mezzotint[eval]'"),
    ],
)
def test_a_missing_package_is_one_line(without, name, package, title, remedy):
    without(package)
    codecs, missing = available([name, "jpeg"], None)
    assert {codec.id for codec in codecs} == {"jpeg"}
    assert missing == [f"{name} is left out: {title} is not installed; {remedy}"]


def test_a_package_that_cannot_be_loaded_is_one_line(without):
    without("imagecodecs", ImportError)
    assert available(["jxl"], None)[1] == [
        "jxl is left out: cannot load libimagecodecs; pip install 'mezzotint[eval]'"
    ]


def test_pyvips_without_its_library_is_one_line(without):
    without("pyvips", OSError)
    assert available(["mozjpeg"], None)[1] == [
        "mozjpeg is left out: libvips is not installed; pip install 'mezzotint[eval]'"
    ]


@pytest.mark.parametrize("name", ["webp", "webp-lossless", "avif", "jp2"])
def test_a_pillow_without_the_format_is_one_line(monkeypatch, name):
    monkeypatch.setattr(features, "version", lambda feature: None)
    codecs, missing = available([name], None)
    assert not codecs
    assert len(missing) == 1
    assert missing[0].startswith(f"{name} is left out: this Pillow is built without ")


@pytest.mark.parametrize(
    ("turbo", "mozjpeg", "expected"),
    [("3.1.0", False, "libjpeg-turbo 3.1.0"), ("4.1.5", True, "MozJPEG 4.1.5"), (None, False, "libjpeg 9.5")],
)
def test_jpeg_names_the_library_at_work(monkeypatch, turbo, mozjpeg, expected):
    monkeypatch.setattr(features, "version", {"libjpeg_turbo": turbo, "jpg": "9.5"}.get)
    monkeypatch.setattr(features, "check", lambda feature: mozjpeg and feature == "mozjpeg")
    (first, *_), _ = available(["jpeg"], None)
    assert first.version.startswith(f"{expected} (Pillow ")
    assert jpeg.FAMILY.open()[0].version == first.version


def test_ours_takes_a_model_and_names_it(tiny_model, bundle, photo, monkeypatch):
    monkeypatch.chdir(tiny_model.parent)
    (ours_here,), _ = available(["mezzotint"], tiny_model.name)
    assert bundle.model_id.hex() in ours_here.version
    monkeypatch.chdir("/")
    data = ours_here.encode(photo[:32, :32], 50, 1)
    assert ours_here.decode(data, 1).shape == (32, 32, 3)
    assert available(["mezzotint"], None)[0][0].version != ours_here.version


def test_a_wrong_model_is_an_error_and_no_missing_codec(tmp_path):
    with pytest.raises(FileAccess):
        available(None, str(tmp_path / "none.mztm"))
    assert available(["jpeg"], str(tmp_path / "none.mztm"))[0]  # not asked for
    assert ours.family().open()[0].qualities == (0, 12, 25, 38, 50, 62, 75, 88, 100)


def test_packages_of_the_extra_are_loaded_when_used():
    script = (
        "import sys, mezzotint.evaluate.codecs as codecs; codecs.available(['jpeg'], None);"
        "print(sorted({'imagecodecs', 'pillow_heif', 'pyvips', 'scipy', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
