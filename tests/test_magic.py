# SPDX-License-Identifier: Apache-2.0
"""What file(1) and desktops know a .mzt file by agrees with the format, read as text and by the real programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import mezzotint
import mezzotint.pillow
from mezzotint.bitstream import MAGIC

MIME = "image/x-mezzotint"
NAMESPACE = {"mime": "http://www.freedesktop.org/standards/shared-mime-info"}
PICTURES = {  # name -> what to encode, how, and what file(1) says of it
    "lossy": ((40, 50, 3), np.uint8, {"quality": 30}, "lossy, 8-bit colour"),
    "deep": ((40, 50), np.uint16, {"lossless": True}, "lossless, 16-bit grey"),
    "near": ((40, 50, 4), np.uint8, {"max_error": 2}, "near-lossless, 8-bit colour with alpha"),
}


@pytest.fixture(scope="module")
def magic(root):
    return root / "share" / "misc" / "mezzotint.magic"


@pytest.fixture(scope="module")
def package(root):
    return root / "share" / "mime" / "packages" / "mezzotint.xml"


@pytest.fixture(params=PICTURES)
def coded(request, tmp_path, tiny_model):
    """A file without suffix, and what file(1) should say."""
    shape, dtype, options, words = PICTURES[request.param]
    pixels = (
        np.random.default_rng(5).integers(0, 256, shape).astype(dtype)
    )  # noise is never smaller without loss
    path = tmp_path / "unnamed"
    path.write_bytes(mezzotint.encode(pixels, model=tiny_model, **options))
    return path, words


def without_escapes(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


def test_the_magic_file_says_the_magic(magic):
    lines = [line for line in magic.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    offset, kind, value, words = lines[0].split("\t")
    assert (offset, kind, words) == ("0", "string", "Mezzotint image data")
    assert without_escapes(value) == MAGIC
    assert lines[1:3] == [f"!:mime\t{MIME}", "!:ext\tmzt"]


def test_the_mime_package_says_the_magic(package):
    kinds = ElementTree.parse(package).getroot().findall("mime:mime-type", NAMESPACE)
    assert [kind.get("type") for kind in kinds] == [MIME] == [Image.MIME["MZT"]]
    (match,) = kinds[0].findall("mime:magic/mime:match", NAMESPACE)
    assert (match.get("type"), match.get("offset")) == ("string", "0")
    assert without_escapes(match.get("value", "")) == MAGIC
    globs = [glob.get("pattern") for glob in kinds[0].findall("mime:glob", NAMESPACE)]
    assert globs == ["*.mzt"]
    assert Image.registered_extensions()[".mzt"] == "MZT"


@pytest.mark.skipif(not shutil.which("file"), reason="no file(1) here")
def test_file(magic, coded):
    path, words = coded
    asked = ["file", "--brief", "-m", str(magic)]
    said = [subprocess.check_output([*asked, *more, path], text=True) for more in ([], ["--mime-type"])]
    assert said == [f"Mezzotint image data, version 0, {words}\n", f"{MIME}\n"]
    other = path.with_name("other")
    other.write_bytes(MAGIC[:3] + b"\r\n" + b"\0" * 60)  # as text-mode transfer leaves it
    assert "Mezzotint" not in subprocess.check_output([*asked, other], text=True)


@pytest.mark.skipif(not shutil.which("update-mime-database"), reason="no shared-mime-info here")
def test_shared_mime_info(package, coded, tmp_path):
    data = tmp_path / "share"
    (data / "mime" / "packages").mkdir(parents=True)
    shutil.copy(package, data / "mime" / "packages")
    done = subprocess.run(
        ["update-mime-database", "-V", data / "mime"], capture_output=True, text=True, check=True
    )
    assert "rror" not in done.stdout + done.stderr
    globs = (data / "mime" / "globs2").read_text().splitlines()
    assert f"50:{MIME}:*.mzt" in globs
    if shutil.which("gio"):
        assert content_type(coded[0], data) == MIME  # by its bytes
        named = coded[0].with_name("damaged.mzt")
        named.write_bytes(bytes(64))
        assert content_type(named, data) == MIME  # by its name


def content_type(path: Path, data: Path) -> str:
    environment = {**os.environ, "XDG_DATA_HOME": str(data)}
    asked = ["gio", "info", "-a", "standard::content-type", path]
    said = subprocess.check_output(asked, text=True, env=environment)
    return said.rsplit("standard::content-type:", 1)[1].strip()
