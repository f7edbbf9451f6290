# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one line that says what is wrong and what to do, exit status 1, and leaves no file behind."""

from __future__ import annotations

import os
import random
import zlib
from pathlib import Path

import pytest
from PIL import Image

from mezzotint.bitstream import MAX_PREAMBLE_SIZE, read_header, unpack_preamble


@pytest.fixture
def closed(folder):
    """A folder with no permissions at all; the test is skipped for who may do everything, as root may."""
    path = folder / "closed"
    path.mkdir()
    (path / "photo.mzt").write_bytes(b"")
    path.chmod(0)
    if os.access(path, os.R_OK | os.W_OK):
        pytest.skip("this user may read and write everything")
    yield path
    path.chmod(0o700)


def refused(result, *words: str, status: int = 1) -> None:
    """One line on stderr, "mzt: what; what to do", holding these words; nothing on stdout."""
    assert result.status == status, result.err
    assert result.out == b""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("mzt: ")
    assert "; " in lines[0]
    assert "Traceback" not in result.err
    for word in words:
        assert word in lines[0]


def resealed(original: bytes, changed: bytes) -> bytes:
    """The changed file with the checksum of its header made right again."""
    end = unpack_preamble(original).size - 4
    return changed[:end] + zlib.crc32(changed[:end]).to_bytes(4, "little") + changed[end + 4 :]


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(params=["decode", "info", "compare"])
def reader(request, mzt, folder, coded):
    """A verb that reads a .mzt file, as a call with that file's bytes."""

    def call(data: bytes, *options: str):
        bad = folder / "bad.mzt"
        bad.write_bytes(data)
        before = listing(folder)
        arguments = {"decode": [bad, "out.png"], "info": [bad], "compare": ["photo.png", bad]}[request.param]
        result = mzt(request.param, *arguments, *options)
        assert listing(folder) == before
        return result

    return call


def test_empty_file(reader):
    refused(reader(b""), "empty")


def test_wrong_magic(mzt, folder, picture):
    refused(mzt("decode", picture, "out.png"), ".mzt")
    refused(mzt("info", picture), ".mzt")
    assert listing(folder) == {"photo.png"}


def test_truncated_everywhere_in_the_header_and_at_places_after_it(reader, coded):
    data = coded.read_bytes()
    places = [*range(4, MAX_PREAMBLE_SIZE + 2), *range(MAX_PREAMBLE_SIZE + 2, len(data), 211), len(data) - 1]
    for place in places:
        refused(reader(data[:place]), "copy or download")


def test_trailing_byte(reader, coded):
    refused(reader(coded.read_bytes() + b"\0"))


def test_flipped_bits(reader, coded):
    data = coded.read_bytes()
    rng = random.Random(1)
    header = [(place, bit) for place in range(4, MAX_PREAMBLE_SIZE) for bit in (0, 7)]
    payload = [(rng.randrange(MAX_PREAMBLE_SIZE, len(data)), rng.randrange(8)) for _ in range(40)]
    for place, bit in header + payload:
        bad = bytearray(data)
        bad[place] ^= 1 << bit
        refused(reader(bytes(bad)))


def test_size_over_the_limit(reader, coded):
    refused(reader(coded.read_bytes(), "--max-pixels", "6299"), "90x70", "--max-pixels")


def test_size_at_the_limit_is_taken(mzt, coded):
    assert mzt("decode", coded, "out.png", "--max-pixels", 6300).status == 0


def test_unknown_version(reader, coded):
    data = bytearray(coded.read_bytes())
    data[4] = 77
    refused(reader(bytes(data)), "77", "install")


def test_a_lossless_header_with_a_quality_is_refused_by_name(reader, coded):
    data = bytearray(coded.read_bytes())
    data[5] |= 2
    refused(reader(resealed(coded.read_bytes(), bytes(data))), "lossless mode and quality 3071", "again")


def test_unknown_model(mzt, folder, coded):
    data = coded.read_bytes()
    bad = folder / "bad.mzt"
    bad.write_bytes(resealed(data, data.replace(read_header(data).model_id, b"\xab" * 8, 1)))
    refused(mzt("decode", bad, "out.png"), "ab" * 8, "--model")
    refused(mzt("compare", "photo.png", bad), "ab" * 8, "--model")
    assert not Path("out.png").exists()
    info = mzt("info", bad)  # needs no model
    assert info.status == 0
    assert b"not at hand" in info.out


def test_wrong_model(mzt, folder, coded, picture):
    refused(mzt("decode", coded, "out.png", "--model", "missing.mztm"), "missing.mztm")
    refused(mzt("encode", picture, "out.mzt", "--model", picture))  # a PNG is no bundle
    assert listing(folder) == {"photo.png", "photo.mzt"}


def test_damaged_model(mzt, folder, picture, tiny_model):
    data = bytearray(tiny_model.read_bytes())
    data[-10] ^= 1
    Path("bad.mztm").write_bytes(data)
    refused(mzt("encode", picture, "out.mzt", "--model", "bad.mztm"))
    assert listing(folder) == {"photo.png", "bad.mztm"}


@pytest.mark.parametrize(
    "arguments",
    [["encode", "missing.png", "out.mzt"], ["decode", "missing.mzt", "out.png"], ["info", "missing.mzt"]],
)
def test_missing_file(mzt, folder, arguments):
    refused(mzt(*arguments), "missing", "does not exist")
    assert listing(folder) == set()


def test_folder_as_input(mzt, folder, coded):
    (folder / "sub").mkdir()
    refused(mzt("encode", "sub", "out.mzt"), "is a folder")
    refused(mzt("decode", "sub", "out.png"), "is a folder")
    refused(mzt("info", "sub"), "is a folder")
    refused(mzt("compare", "sub", coded), "is a folder")


def test_folder_as_output(mzt, folder, picture):
    (folder / "sub").mkdir()
    refused(mzt("encode", picture, "sub", "--force"), "is a folder")
    assert listing(folder / "sub") == set()


def test_unreadable_folder(mzt, closed):
    refused(mzt("decode", closed / "photo.mzt", "out.png"), "permissions")


def test_unwritable_folder(mzt, coded, closed):
    closed.chmod(0o500)
    refused(mzt("decode", coded, closed / "out.png"), "may not be written")
    refused(mzt("decode", coded, closed / "photo.mzt.png", "--force"), "may not be written")


def test_missing_output_folder(mzt, picture):
    refused(mzt("encode", picture, "nowhere/out.mzt"), "nowhere", "does not exist")


@pytest.mark.parametrize(
    "data", [b"", b"hello, this is text", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"\xff\xd8\xff\xe0 not a JPEG"]
)
def test_not_a_picture(mzt, folder, data):
    Path("odd.png").write_bytes(data)
    refused(mzt("encode", "odd.png", "out.mzt"), "odd.png")
    refused(mzt("encode", "-", "out.mzt", stdin=data))
    assert listing(folder) == {"odd.png"}


def test_truncated_png(mzt, folder, picture):
    data = picture.read_bytes()
    picture.write_bytes(data[: len(data) // 2])
    refused(mzt("encode", picture, "out.mzt"), "photo.png")
    assert listing(folder) == {"photo.png"}


def test_a_coded_file_as_input_of_encode(mzt, coded):
    refused(mzt("encode", coded, "out.mzt"), "mzt decode")


def test_picture_over_the_limit(mzt, picture):
    refused(mzt("encode", picture, "out.mzt", "--max-pixels", 100), "--max-pixels")


def test_large_picture_is_not_taken_for_a_bomb(mzt, picture, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert mzt("encode", picture, "out.mzt", "--model", os.environ["MZT_MODELS"] + "/tiny.mztm").status == 0
    assert Image.MAX_IMAGE_PIXELS == 1000
