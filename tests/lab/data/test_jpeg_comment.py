# SPDX-License-Identifier: Apache-2.0
"""A comment rides in a JPEG that stays one, and refuses every change round it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import DamagedFile, MezzotintError, NotMezzotint
from mezzotint.lab.data.jpeg_comment import LONGEST, read, write

MAGIC = b"TEST"


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


@pytest.mark.parametrize("body", [b"", b"abc", bytes(range(256)) * 20, bytes(LONGEST)])
def test_what_is_written_is_read(jpeg: bytes, body: bytes) -> None:
    assert read(write(jpeg, MAGIC, body), MAGIC) == (body, 24, 40)


def test_pillow_sees_the_same_picture_and_the_comment(jpeg: bytes) -> None:
    with Image.open(io.BytesIO(write(jpeg, MAGIC, b"hello"))) as ours, Image.open(io.BytesIO(jpeg)) as plain:
        assert np.array_equal(np.asarray(ours), np.asarray(plain))
        assert ours.info["comment"].startswith(MAGIC) and ours.info["comment"].endswith(b"hello")
    assert write(jpeg, MAGIC, b"")[:20] == jpeg[:20]  # JFIF's own segment stays the first


def test_every_changed_byte_is_refused(jpeg: bytes) -> None:
    data = write(jpeg, MAGIC, b"hello")
    for place in range(len(data)):
        with pytest.raises(MezzotintError):
            read(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], MAGIC)
    for changed in (data[:-1], data + b"\0", data[:100]):
        with pytest.raises(DamagedFile):
            read(changed, MAGIC)


def test_other_files_are_told_apart(jpeg: bytes) -> None:
    for other in (jpeg, b"", b"\x89PNG", write(jpeg, b"ELSE", b"")):
        with pytest.raises(NotMezzotint):
            read(other, MAGIC)


def test_a_comment_that_is_too_long_is_refused(jpeg: bytes) -> None:
    with pytest.raises(ValueError, match="give"):
        write(jpeg, MAGIC, bytes(LONGEST + 1))
