# SPDX-License-Identifier: Apache-2.0
"""Patterns that the network was never shown: they used to become noise, and another noise on another machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mezzotint.bitstream import Limits, read, write
from mezzotint.bundle import default
from mezzotint.runtime import fade, steady
from mezzotint.runtime.decode import decode_picture, reconstruct
from mezzotint.runtime.encode import DEFAULT_TILE_LOG2, encode_picture, quality_index
from mezzotint.runtime.latents import Model, open_model
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.search.coders import Held, Streamed
from mezzotint.runtime.search.metrics import psnr
from mezzotint.runtime.tiles import BLOCK, Rect

Pixels = NDArray[np.uint8]
PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(default(), threads=1)


def checkers(down: int, across: int, height: int = 96, width: int = 96) -> Pixels:
    rows, columns = np.indices((height, width))
    return np.repeat(((rows // down + columns // across) % 2 * 255)[..., None], 3, 2).astype(np.uint8)


def photo(side: int = 256) -> Pixels:
    return np.asarray(Image.open(PHOTO).convert("RGB"))[:side, :side].copy()


def coded(pixels: Pixels, quality: float, model: Model, tile_log2: int = 10) -> bytes:
    """Lossy, whatever is smaller."""
    return write(steady.encode_steadily(Picture(pixels), quality_index(quality), model, tile_log2))


def decoded(data: bytes, model: Model) -> Pixels:
    found: Pixels = decode_picture(read(data), model).colour
    return found


def shaken(data: bytes, model: Model) -> int:
    """By how much a sample differs at most where y_hat is off by a rounding or two, as on another machine."""
    container = read(data)
    y_hat = reconstruct(container, model)
    rng = np.random.default_rng(1)
    other = y_hat * (1 + rng.uniform(-1e-6, 1e-6, y_hat.shape)).astype(np.float32)
    shape = (y_hat.shape[2] * 16, y_hat.shape[3] * 16, 3)
    one, two = (
        model.run("synthesis", container.header.quality, shape, y_hat=each).astype(np.int32)
        for each in (y_hat, other)
    )
    return int(np.abs(one - two).max())


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The guard is off until `undo`."""
    monkeypatch.setattr(steady, "FEWEST", 1 << 30)
    return monkeypatch


# -- patterns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [0, 10, 30, 40, 50])
@pytest.mark.parametrize(("down", "across"), [(1, 1), (2, 3), (4, 4)])
@pytest.mark.parametrize("tile_log2", [6, 10])
def test_a_rounding_changes_no_pattern(
    model: Model, down: int, across: int, quality: float, tile_log2: int
) -> None:
    data = coded(checkers(down, across), quality, model, tile_log2)
    assert shaken(data, model) <= 1
    assert psnr(decoded(data, model), checkers(down, across), 255) > 5.8  # of one flat colour: 6.0


def test_what_it_is_for(model: Model, switch: pytest.MonkeyPatch) -> None:
    """A checkerboard of 4 pixels at quality 40; if this fails the model has learnt it, and the guard may go."""
    pattern = checkers(4, 4)
    lost = coded(pattern, 40, model)
    assert shaken(lost, model) > 1
    assert psnr(decoded(lost, model), pattern, 255) < 6
    switch.undo()
    kept = coded(pattern, 40, model)
    assert len(kept) < len(lost) / 2
    assert psnr(decoded(kept, model), pattern, 255) > 10


def test_a_photo_beside_a_pattern_is_left_in_peace(model: Model, switch: pytest.MonkeyPatch) -> None:
    plain, patched = photo(), photo()
    patched[96:192, 96:192] = checkers(4, 4)
    beside = np.ones(plain.shape[:2], np.bool_)
    beside[80:208, 80:208] = False

    def loss() -> float:
        """dB, of the photo alone, 16 pixels and more from the pattern."""
        one, other = (decoded(coded(each, 50, model), model) for each in (plain, patched))
        return psnr(one[beside], plain[beside], 255) - psnr(other[beside], plain[beside], 255)

    unguarded = loss()
    switch.undo()
    assert loss() < 0.75 < 2 < unguarded


@pytest.mark.parametrize(("down", "across", "quality"), [(2, 3, 80), (2, 2, 30), (3, 5, 40)])
def test_patterns_that_are_coded_well_keep_their_contrast(
    model: Model, switch: pytest.MonkeyPatch, down: int, across: int, quality: float
) -> None:
    before = coded(checkers(down, across), quality, model)
    switch.undo()
    assert coded(checkers(down, across), quality, model) == before


@pytest.mark.parametrize(
    ("down", "across", "height", "width", "quality", "tile_log2"),
    [
        (4, 4, 333, 165, 49.4, 6),
        (2, 2, 255, 130, 1.4, 6),
        (4, 1, 129, 1089, 1.07, 10),
        (2, 4, 192, 1105, 19.93, 10),
    ],
)
def test_tiles_are_steady_beside_each_other(
    model: Model, down: int, across: int, height: int, width: int, quality: float, tile_log2: int
) -> None:
    """Each alone was, and in the last one the border of what had faded moved on from look to look."""
    data = coded(checkers(down, across, height, width), quality, model, tile_log2)
    assert shaken(data, model) <= 1


def test_grey_and_16_bits(model: Model) -> None:
    pattern = checkers(4, 4)
    deep = Picture(pattern.astype(np.uint16) * 257, bit_depth=16)
    data = write(steady.encode_steadily(deep, quality_index(40), model))
    assert shaken(data, model) <= 1
    assert shaken(coded(np.ascontiguousarray(pattern[..., 0]), 40, model), model) <= 1


def test_the_search_codes_the_same(model: Model, switch: pytest.MonkeyPatch) -> None:
    """From latents that it keeps."""
    picture, quality = Picture(checkers(4, 4)), quality_index(40)
    unguarded = encode_picture(picture, quality, model)
    switch.undo()
    found = Held(picture, (), model, DEFAULT_TILE_LOG2)(quality)
    assert found == steady.encode_steadily(picture, quality, model) != unguarded
    assert Streamed(picture, model, DEFAULT_TILE_LOG2, Limits())(quality) == found


# -- photos -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [0, 30, 75, 100])
def test_photos_are_not_looked_at(model: Model, monkeypatch: pytest.MonkeyPatch, quality: float) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a photo was decoded while it was encoded")

    monkeypatch.setattr(steady, "lost_blocks", never)
    for path in PHOTO.parent.glob("*.png"):
        coded(np.asarray(Image.open(path).convert("RGB"))[:256, :256], quality, model)


# -- parts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "lost"), [("picture", True), ("padding", False), ("nowhere", False)])
def test_only_the_picture_is_judged(
    model: Model, monkeypatch: pytest.MonkeyPatch, where: str, lost: bool
) -> None:
    """Not what its last row and column are repeated into."""
    pattern = checkers(2, 2, 70, 40)  # 2 blocks by 1
    picture = Picture(pattern)
    container = encode_picture(picture, 0, model)
    padded = np.pad(pattern, [(0, 58), (0, 24), (0, 0)], mode="edge")
    noise = np.zeros(padded.shape[:2], np.bool_)
    noise[64:70, 30:40] = where == "picture"
    noise[70:, :] = noise[:, 40:] = where == "padding"
    padded[noise] = 255 - padded[noise]
    monkeypatch.setattr(steady, "synthesise", lambda *_: padded)
    found = steady.lost_blocks(container, picture, np.ones((2, 1), np.bool_), model)
    assert found.tolist() == [[False], [lost]]


def test_only_patterns_of_chosen_blocks_fade() -> None:
    pixels = np.concatenate([checkers(2, 2, 128, 128), photo(128)], axis=1)  # 2 by 4 blocks
    contrast = np.ones((9, 9), np.float32)
    contrast[3, 6], contrast[4, 7], contrast[0, 0] = 0.5, 0.5, 0.5
    found = fade.faded(pixels, Rect(3, 5, 2, 4), contrast).astype(np.int32)
    changed = np.abs(found - pixels).reshape(2, BLOCK, 4, BLOCK, 3).max(axis=(1, 3, 4)) > 0
    assert changed[0].tolist() == [False, True, False, False]
    assert not changed[1, 0] and not changed[1, 1] and not changed[1, 3]
    inner = found[8:56, 72:104]  # far enough from the border of the pattern
    assert np.ptp(inner) in (127, 128, 129)
    assert fade.faded(pixels, Rect(5, 0, 2, 4), contrast) is pixels


def test_where_patterns_are() -> None:
    pixels = np.concatenate([checkers(1, 1, 128, 128), np.full((128, 128, 3), 90, np.uint8)], axis=1)
    found = fade.patterned(pixels)
    assert found[:, :112].all() and not found[:, 160:].any()


def test_odd_blocks_are_counted_by_block(model: Model) -> None:
    found: list[steady.TileLatents] = []
    encode_picture(
        Picture(photo(128)),
        quality_index(50),
        model,
        refine=lambda draft: found.extend(draft.latents) or draft.latents,
    )
    latents = found[0]
    assert not steady.odd_blocks(latents, model).any()
    for count, odd in ((steady.FEWEST - 1, False), (steady.FEWEST, True)):
        symbols = latents.symbols.copy()
        symbols[:count, 5, 1] = -100_000  # of the block at row 1, column 0
        wanted = [[False, False], [odd, False]]
        assert steady.odd_blocks(replace(latents, symbols=symbols), model).tolist() == wanted
