# SPDX-License-Identifier: Apache-2.0
"""RawJPEG-Adapter: a JPEG that anyone opens, maps that lose nothing, and better light at equal bytes when trained."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.errors import MezzotintError, NotMezzotint
from mezzotint.evaluate.bdrate import bd_quality
from mezzotint.lab.data import jpeg_comment
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.linear import linear_picture
from mezzotint.lab.recipes.published.rawjpeg_adapter import RECIPE, curve
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.rawjpeg_adapter import (
    MAGIC,
    RawJpegAdapter,
    comment_of,
    packed,
    unmapped,
    written,
)

EXAMPLES = Path(__file__).parents[3] / "examples"
MAPS = "curve(8) | gain(4) | spectrum()"


def example(name: str) -> np.ndarray:
    with Image.open(EXAMPLES / f"{name}.png") as image:
        return np.asarray(image.convert("RGB"))[40:245, 30:243]  # 205 x 213: multiples of nothing


@pytest.fixture(scope="module")
def light() -> np.ndarray:
    return linear_picture(example("coffee"), 1)


@pytest.fixture(scope="module")
def stirred() -> RawJpegAdapter:
    """Not trained, but steering each picture its own way."""
    torch.manual_seed(0)
    system = RawJpegAdapter(MAPS)
    torch.nn.init.normal_(system.adapter.steer.weight, std=0.1)
    return system


@pytest.fixture(scope="module")
def trained() -> RawJpegAdapter:
    """Twenty steps on two photos."""
    photos = [torch.from_numpy(example(name).copy()).permute(2, 0, 1) for name in ("astronaut", "chelsea")]
    torch.manual_seed(0)
    system = RawJpegAdapter(MAPS)
    system.learn(Crops(photos, 128, 2), 20, 0)
    return system


def test_maps_alone_are_undone_exactly(stirred: RawJpegAdapter, light: np.ndarray) -> None:
    """The role's first check: without JPEG and without 8 bits, every 16-bit number comes back."""
    for quality in (10, 90):
        values, note = stirred.mapped(light, quality)
        assert values.min() >= 0 and values.max() <= 1
        assert np.array_equal(unmapped(values, note), light)


def test_any_viewer_opens_the_file(stirred: RawJpegAdapter, light: np.ndarray) -> None:
    """Pillow without us: a JPEG of the picture padded to blocks, whose pixels are the mapped light."""
    data = stirred.compress(light, 90)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (216, 208))
        assert MAGIC in image.info["comment"]
        shown = np.asarray(image).astype(np.float64)
    values, _ = stirred.mapped(light, 90)
    assert np.abs(shown - 255 * values[0].permute(1, 2, 0).numpy()).mean() < 3


def test_decoding_needs_no_weights(stirred: RawJpegAdapter, light: np.ndarray) -> None:
    data = stirred.compress(light, 75)
    for other in (RawJpegAdapter(""), RawJpegAdapter("power(22)")):
        assert np.array_equal(other.decompress(data), stirred.decompress(data))


def test_without_maps_it_is_jpeg_of_the_light(light: np.ndarray) -> None:
    file = io.BytesIO()
    rounded = (light / 257).round().astype(np.uint8)
    padded = np.pad(rounded, ((0, 3), (0, 3), (0, 0)), "edge")
    Image.fromarray(padded).save(file, "JPEG", quality=60, subsampling="4:4:4", optimize=True)
    with Image.open(file) as image:
        wanted = np.asarray(image)[:205, :213].astype(np.uint16) * 257
    data = RawJpegAdapter("").compress(light, 60)
    assert np.array_equal(RawJpegAdapter("").decompress(data), wanted)
    assert len(data) - len(file.getvalue()) < 24


def test_other_jpegs_are_told_apart_in_a_line(stirred: RawJpegAdapter) -> None:
    file = io.BytesIO()
    Image.fromarray(example("rocket")).save(file, "JPEG", comment=b"holiday")
    with pytest.raises(NotMezzotint, match="viewer"):
        stirred.decompress(file.getvalue())


def test_a_resaved_file_is_refused(stirred: RawJpegAdapter, light: np.ndarray) -> None:
    """A program that keeps the comment and squeezes the picture."""
    with Image.open(io.BytesIO(stirred.compress(light, 90))) as image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=50, comment=image.info["comment"])
    with pytest.raises(MezzotintError):
        stirred.decompress(file.getvalue())


def test_what_a_hostile_writer_mends_is_refused_or_decodes(
    stirred: RawJpegAdapter, light: np.ndarray
) -> None:
    """Every byte of the comment and headers, and some of the scan, under a checksum that fits."""
    data = stirred.compress(light[:40, :48], 50)
    place = data.index(MAGIC) + len(MAGIC)
    refused = 0
    near = {*range(place - 8, place + 130)} - {*range(place, place + 4)}
    for at in sorted(near | {*range(2, len(data), 11)} - {*range(place, place + 4)}):
        for flip in (0x55, 0x80):
            bad = bytearray(data)
            bad[at] ^= flip
            found = bytes(bad)
            checksum = zlib.crc32(found[place + 4 :], zlib.crc32(found[:place])).to_bytes(4, "little")
            try:
                back = stirred.decompress(found[:place] + checksum + found[place + 4 :])
                assert back.dtype == np.uint16
            except MezzotintError:
                refused += 1
    assert refused > 20
    assert comment_of(data).height == 40


def test_maps_that_cannot_be_undone_are_refused(stirred: RawJpegAdapter, light: np.ndarray) -> None:
    """No room, no map of that kind, other sides, another version: each under a checksum that fits."""
    values, note = stirred.mapped(light, 50)
    jpeg, body = written(values, 50), packed(note)
    lies = [body[:-2] + bytes(2), body[:6] + b"\x09" + body[7:], packed(replace(note, height=190)), body[:-1]]
    for lie in (*lies, packed(replace(note, width=0)), body + b"\0", b"", b"\x02" + body[1:]):
        with pytest.raises(MezzotintError):
            stirred.decompress(jpeg_comment.write(jpeg, MAGIC, lie))
    assert np.array_equal(
        stirred.decompress(jpeg_comment.write(jpeg, MAGIC, body)), stirred.rebuilt(light, 50)
    )


def test_training_keeps_light_better_at_equal_bytes(trained: RawJpegAdapter) -> None:
    """The role's second check, against JPEG of the light itself and of the light under a gamma."""
    lights = [linear_picture(example(name), seed) for seed, name in enumerate(("coffee", "rocket"))]
    on, direct, gamma = (curve(s, lights) for s in (trained, RawJpegAdapter(""), RawJpegAdapter("power(22)")))
    assert bd_quality(direct, on) > 0.3 and bd_quality(gamma, on) > 0.3


def test_the_recipe_judges(trained: RawJpegAdapter, crops: Crops) -> None:
    pictures = (example("coffee")[:96, :96],)
    verdict = RECIPE.judge(Trial(trained, RawJpegAdapter(""), (), (), pictures, crops, 20, 0))
    assert verdict.holds and verdict.off == 0
    figures = {f.name: f.value for f in verdict.figures}
    assert figures["largest error of the maps alone, without JPEG"] == 0 and figures["comment"] < 120
