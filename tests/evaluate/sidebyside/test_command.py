# SPDX-License-Identifier: Apache-2.0
"""The command that makes a file again: every quality, both exact modes, stripped metadata, another model.

That it does so byte for byte is tested where commands run, in tests/cli/test_compare.py.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mezzotint.bitstream import MAX_QUALITY, Header, Mode
from mezzotint.evaluate.sidebyside import coding, command, left_behind
from mezzotint.evaluate.sidebyside.command import shortest_quality
from mezzotint.runtime.choice import quality_index
from mezzotint.runtime.pictures import from_pillow


def header(mode: Mode, quality: int) -> Header:
    return Header(width=1, height=1, channels=3, quality=quality, model_id=bytes(8), layer_count=1, mode=mode)


def test_every_quality_comes_back():
    texts = [shortest_quality(index) for index in range(MAX_QUALITY + 1)]
    assert [quality_index(float(text)) for text in texts] == list(range(MAX_QUALITY + 1))
    assert {str(whole) for whole in range(101)} < set(texts)  # what people type stays as they typed it
    assert max(map(len, texts)) == 5


@pytest.mark.parametrize(
    ("mode", "quality", "options", "words"),
    [
        (Mode.LOSSY, 2457, "-q 60", "mzt, quality 60"),
        (Mode.LOSSY, 0, "-q 0", "mzt, quality 0"),
        (Mode.NEAR_LOSSLESS, 3, "--max-error 3", "mzt, at most 3 off"),
        (Mode.LOSSLESS, 0, "--lossless", "mzt, lossless"),
    ],
)
def test_modes(mode, quality, options, words):
    assert command(header(mode, quality), "a.png", "b.mzt") == f"mzt encode a.png b.mzt {options}"
    assert coding(header(mode, quality)) == words


def test_more_options():
    found = command(
        header(Mode.LOSSLESS, 0), "my photo.png", "-b.mzt", strip=("gps", "icc"), model="models/a b.mztm"
    )
    assert found == (
        "mzt encode 'my photo.png' ./-b.mzt --lossless --strip gps,icc --model 'models/a b.mztm'"
    )


@pytest.fixture
def original():
    exif = Image.Exif()
    exif[0x010F] = "camera"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "JPEG", exif=exif, xmp=xmp)
    return Image.open(buffer)


@pytest.mark.parametrize("strip", [(), ("exif",), ("xmp",), ("gps",), ("exif", "xmp"), ("gps", "xmp")])
def test_stripped_metadata_is_found(original, strip):
    assert left_behind(from_pillow(original), from_pillow(original, strip)) == strip


def test_metadata_of_another_origin_is_no_matter_of_options(original):
    other = from_pillow(original)
    assert left_behind(from_pillow(Image.new("RGB", (8, 8))), other) == ()
