# SPDX-License-Identifier: Apache-2.0
"""Damaged files to pixels: lost tiles are striped, the others are what they were, and nothing else gives a picture."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.bitstream import ALPHA, Container, Limits, read, write
from mezzotint.bundle import Bundle, default
from mezzotint.errors import DamagedFile, LimitExceeded, TruncatedFile, UnknownModel, UsageError
from mezzotint.runtime import deadline
from mezzotint.runtime.salvage import STRIPE, salvage_picture, stripe
from mezzotint.runtime.tiles import WINDOW_PIXELS, Rect

SIDE = 64
MODES: dict[str, dict[str, Any]] = {
    "lossy": {"quality": 80},
    "lossless": {"lossless": True},
    "near-lossless": {"max_error": 5},
}
Encode = Callable[..., bytes]


@pytest.fixture(scope="module")
def coded(bundle: Bundle) -> Encode:
    def encode(picture: Any, mode: str = "lossy", **options: Any) -> bytes:
        return mezzotint.encode(picture, model=bundle, threads=1, tile_log2=6, **MODES[mode], **options)

    return encode


@pytest.fixture(scope="module")
def salvage(bundle: Bundle) -> Callable[..., mezzotint.Salvaged[Any]]:
    def call(data: bytes, **options: Any) -> mezzotint.Salvaged[Any]:
        with pytest.raises(mezzotint.MezzotintError):  # a damaged file never gives a picture by itself
            mezzotint.decode(data, model=bundle, threads=1)
        return mezzotint.salvage(data, model=bundle, threads=1, **options)

    return call


def chunk_start(data: bytes, layer: int, tile: int) -> int:
    container = read(data)
    sizes = [len(chunk) for each in container.layers for chunk in each]
    return len(data) - sum(sizes[layer * container.header.tile_count + tile :])


def broken(data: bytes, *chunks: tuple[int, int]) -> bytes:
    """With a bit of each of these chunks (layer, tile) turned over."""
    out = bytearray(data)
    for layer, tile in chunks:
        out[chunk_start(data, layer, tile)] ^= 16
    return bytes(out)


def rewritten(data: bytes, change: Callable[[bytes], bytes], layer: int, tile: int) -> bytes:
    """With one chunk changed under checksums that agree."""
    container: Container = read(data)
    layers = [list(each) for each in container.layers]
    layers[layer][tile] = change(layers[layer][tile])
    return write(replace(container, layers=tuple(map(tuple, layers))))


def grown(
    places: tuple[tuple[int, int, int, int], ...], shape: tuple[int, ...], by: int
) -> NDArray[np.bool_]:
    found = np.zeros(shape[:2], bool)
    for x, y, width, height in places:
        found[max(0, y - by) : y + height + by, max(0, x - by) : x + width + by] = True
    return found


def stripes(height: int, width: int, most: int = 255) -> NDArray[Any]:
    """Magenta and yellow from corner to corner, eight pixels wide along a row."""
    place = np.add.outer(np.arange(height), np.arange(width)) // 8 % 2
    return np.array([[most, 0, most], [most, most, 0]])[place]


def each_chunk(data: bytes) -> Iterator[tuple[int, int]]:
    for layer, chunks in enumerate(read(data).layers):
        for tile, chunk in enumerate(chunks):
            if chunk:
                yield layer, tile


@pytest.mark.parametrize("mode", MODES)
def test_a_sound_file_is_whole(mode: str, coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = coded(photo[:70, :80], mode)
    found = mezzotint.salvage(data, model=bundle)
    assert found.whole and (found.lost, found.lost_boxes, found.alpha_lost) == ((), (), False)
    assert np.array_equal(found.picture, mezzotint.decode(data, model=bundle))


@pytest.mark.parametrize("mode", MODES)
def test_one_damaged_chunk_costs_its_tile(
    mode: str, coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    """Whichever it is: outside the tile all is the same; in a lossy file, outside the model's halo of it."""
    height = 130 if mode == "lossy" else 67
    data = coded(photo[:height, 90:230], mode)
    sound = mezzotint.decode(data, model=bundle, threads=1)
    halo = 16 * bundle.card.synthesis_halo if mode == "lossy" else 0
    pattern = stripes(*sound.shape[:2])
    for layer, tile in each_chunk(data):
        found = salvage(broken(data, (layer, tile)))
        x, y = tile % 3 * SIDE, tile // 3 * SIDE
        assert found.lost == ((x, y, min(SIDE, 140 - x), min(SIDE, height - y)),)
        assert not found.whole and not found.lost_boxes and not found.alpha_lost
        marked, near = (grown(found.lost, sound.shape, by) for by in (0, halo))
        assert np.array_equal(found.picture[marked], pattern[marked])
        assert np.array_equal(found.picture[~near], sound[~near])


def test_the_default_model_reaches_no_further_than_its_halo(photo: NDArray[np.uint8]) -> None:
    model = default()
    data = mezzotint.encode(np.tile(photo, (2, 2, 1)), 60, tile_log2=7, threads=1)
    sound = mezzotint.decode(data, threads=1)
    halo = 16 * model.card.synthesis_halo
    for layer in range(4):
        found = mezzotint.salvage(broken(data, (layer, 0)), threads=1)
        assert found.lost == ((0, 0, 128, 128),)
        near = grown(found.lost, sound.shape, halo)
        assert 0.2 < near.mean() < 0.9  # else this says nothing
        assert np.array_equal(found.picture[~near], sound[~near])


def test_layers_that_are_whole_serve_the_neighbours(
    coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    """The later the layer that is damaged, the less its neighbours differ."""
    data = coded(photo[:190, 90:280])
    sound = mezzotint.decode(data, model=bundle, threads=1)
    off = []
    for layer in range(3):
        found = salvage(broken(data, (layer, 4)))
        marked = grown(found.lost, sound.shape, 0)
        off.append(np.abs(found.picture.astype(int) - sound)[~marked].sum())
    assert off[0] > off[1] > off[2]


@pytest.mark.slow
def test_many_windows(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    """A picture that the network sees in several windows; the same ones with and without the lost tiles."""
    pixels = np.tile(photo, (11, 7, 1))
    assert pixels.shape[0] * pixels.shape[1] > WINDOW_PIXELS
    data = mezzotint.encode(pixels, 30, model=bundle, threads=1, tile_log2=9)
    sound = mezzotint.decode(data, model=bundle, threads=1)
    found = mezzotint.salvage(broken(data, (1, 12), (0, 2)), model=bundle, threads=1)
    assert found.lost == ((1024, 0, 512, 512), (1024, 1024, 512, 512))
    near = grown(found.lost, sound.shape, 16 * bundle.card.synthesis_halo)
    assert np.array_equal(found.picture[~near], sound[~near])


@pytest.mark.parametrize("mode", MODES)
def test_words_that_do_not_decode_under_checksums_that_agree(
    mode: str, coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    data = coded(photo[:67, :70], mode)
    sound = mezzotint.decode(data, model=bundle, threads=1)
    halo = 16 * bundle.card.synthesis_halo if mode == "lossy" else 0
    for layer, tile in each_chunk(data):
        found = salvage(rewritten(data, lambda chunk: chunk[:-1], layer, tile))
        assert len(found.lost) == 1 and found.lost[0][:2] == (tile % 2 * SIDE, tile // 2 * SIDE)
        near = grown(found.lost, sound.shape, halo)
        assert np.array_equal(found.picture[~near], sound[~near])


@pytest.mark.parametrize("mode", MODES)
def test_no_tile_left_is_an_error(mode: str, coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = coded(photo[:70, :60], mode)
    first = broken(data, (0, 0))
    mezzotint.salvage(first, model=bundle)
    with pytest.raises(DamagedFile, match="tile 0 does not match, and no tile is whole; copy or download"):
        mezzotint.salvage(broken(data, (0, 0), (1, 1)), model=bundle)
    with pytest.raises(DamagedFile, match="and no tile is whole"):
        mezzotint.salvage(rewritten(first_fixed(data), lambda chunk: chunk[:-1], 0, 1), model=bundle)
    with pytest.raises(TruncatedFile, match="and no tile is whole"):
        mezzotint.salvage(data[: chunk_start(data, 0, 0) + 1], model=bundle)


def first_fixed(data: bytes) -> bytes:
    """The first tile undecodable too, under checksums that agree."""
    return rewritten(data, lambda chunk: chunk[:-1], 0, 0)


def test_a_damaged_header_is_an_error(coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = bytearray(coded(photo[:70, :80]))
    data[9] ^= 1
    with pytest.raises(
        DamagedFile, match="header's checksum does not match; copy or download the file again, in"
    ):
        mezzotint.salvage(data, model=bundle)


def test_a_cut_file_keeps_the_tiles_before_the_cut(
    coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    data = coded(photo[:190, :190], "lossless")
    sound = mezzotint.decode(data)
    found = salvage(data[: chunk_start(data, 4, 5)])
    assert [place[:2] for place in found.lost] == [(128, 64), (0, 128), (64, 128), (128, 128)]
    marked = grown(found.lost, sound.shape, 0)
    assert np.array_equal(found.picture[~marked], sound[~marked])


def test_damage_that_costs_nothing(
    coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    data = coded(photo[:70, :80])
    found = salvage(data + b"more")
    assert (found.whole, found.lost, found.lost_boxes) == (False, (), ())
    assert np.array_equal(found.picture, mezzotint.decode(data, model=bundle))


# -- beside the colour ------------------------------------------------------------------------------------


def full(photo: NDArray[np.uint8]) -> mezzotint.Picture:
    alpha = np.random.default_rng(4).integers(0, 256, (70, 80), np.uint8)
    return mezzotint.Picture(
        photo[:70, :80], alpha, icc=b"profile", exif=b"II*\0\x08\0\0\0" + bytes(6), xmp=b"<x/>"
    )


@pytest.mark.parametrize("mode", MODES)
def test_damaged_metadata_is_left_out(
    mode: str, coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    picture = full(photo)
    data = coded(picture, mode)
    place = data.index(b"<x/>")
    found = salvage(data[:place] + b"<y/>" + data[place + 4 :], as_="picture")
    assert found.lost_boxes == ("xMP",) and not found.lost and not found.alpha_lost and not found.whole
    sound = mezzotint.decode(data, as_="picture", model=bundle)
    assert (found.picture.icc, found.picture.exif, found.picture.xmp) == (picture.icc, picture.exif, b"")
    assert np.array_equal(found.picture.alpha, picture.alpha)
    assert np.array_equal(found.picture.colour, sound.colour)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agrees", [False, True])
def test_damaged_transparency_is_opaque(
    mode: str, agrees: bool, coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]
) -> None:
    """Under a checksum that tells, and under one that agrees with a stream that cannot be inflated."""
    data = coded(full(photo), mode)
    container = read(data)
    boxes = [replace(box, payload=box.payload[:-9]) if box.tag == ALPHA else box for box in container.boxes]
    if agrees:
        damaged = write(replace(container, boxes=tuple(boxes)))
    else:
        place = data.index(b"ALPH") + 60
        damaged = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    found = salvage(damaged)
    assert found.alpha_lost and not found.lost and not found.lost_boxes and not found.whole
    sound = mezzotint.decode(data, model=bundle)
    assert np.array_equal(found.picture[..., :3], sound[..., :3])
    assert (found.picture[..., 3] == 255).all()


def test_a_lost_tile_is_opaque(coded: Encode, bundle: Bundle, salvage: Any, photo: NDArray[np.uint8]) -> None:
    data = coded(full(photo), "lossless")
    found, sound = salvage(broken(data, (2, 0))), mezzotint.decode(data)
    marked = grown(found.lost, sound.shape, 0)
    assert (found.picture[marked][:, 3] == 255).all()
    assert np.array_equal(found.picture[~marked], sound[~marked])


# -- kinds of pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1, 2, 7, 8, 9, 12, 16])
@pytest.mark.parametrize("grey", [False, True])
def test_stripes_at_every_depth(bits: int, grey: bool, coded: Encode, salvage: Any) -> None:
    kind = np.uint8 if bits <= 8 else np.uint16
    pixels = np.random.default_rng(5).integers(0, 1 << bits, (20, 150) if grey else (20, 150, 3)).astype(kind)
    data = coded(pixels, "lossless", bit_depth=bits)
    found = salvage(broken(data, (0, 1))).picture
    pattern = stripes(20, 150, (1 << bits) - 1)
    assert found.dtype == kind
    assert np.array_equal(found[:, 64:128], pattern[:, 64:128, 1] if grey else pattern[:, 64:128])
    assert np.array_equal(found[:, :64], pixels[:, :64])


def test_stripes_are_in_line_with_those_of_other_tiles() -> None:
    picture = mezzotint.Picture(np.zeros((50, 70, 3), np.uint8))
    for place in (Rect(0, 0, 21, 33), Rect(21, 0, 29, 33), Rect(0, 33, 50, 37)):
        stripe(picture, place)
    assert np.array_equal(picture.colour, stripes(50, 70)) and STRIPE == 8


def test_what_it_gives(coded: Encode, salvage: Any, photo: NDArray[np.uint8]) -> None:
    data = broken(coded(photo[:70, :80]), (0, 3))
    array, image, picture = (salvage(data, as_=kind).picture for kind in ("array", "pillow", "picture"))
    assert isinstance(image, Image.Image) and isinstance(picture, mezzotint.Picture)
    assert np.array_equal(array, np.asarray(image)) and np.array_equal(array, picture.colour)
    image.save(io.BytesIO(), "PNG")


# -- what is refused --------------------------------------------------------------------------------------


def test_options_are_checked(coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = coded(photo[:70, :80])
    with pytest.raises(UsageError, match="'tensor'"):
        mezzotint.salvage(data, as_="tensor", model=bundle)  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="0 threads"):
        mezzotint.salvage(data, threads=0, model=bundle)
    with pytest.raises(UnknownModel):
        mezzotint.salvage(data)


@pytest.mark.parametrize("mode", ["lossy", "lossless"])
def test_limits_hold(mode: str, coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = broken(coded(photo[:70, :80], mode), (0, 0))
    with pytest.raises(LimitExceeded, match="--max-pixels"):
        mezzotint.salvage(data, model=bundle, limits=Limits(max_pixels=5599))
    assert mezzotint.salvage(data, model=bundle, limits=Limits(max_pixels=5600)).lost


def test_another_number_of_layers_is_refused(coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    container = read(coded(photo[:70, :80]))
    header = replace(container.header, layer_count=2)
    data = write(replace(container, header=header, layers=container.layers[:2]))
    with pytest.raises(DamagedFile, match="the file has 2 layers, and its model 3"):
        mezzotint.salvage(broken(data, (0, 0)), model=bundle)


def test_the_remedy_of_a_damaged_file_names_it(
    coded: Encode, bundle: Bundle, photo: NDArray[np.uint8]
) -> None:
    with pytest.raises(DamagedFile, match="tile 1 does not match; copy .*--salvage"):
        mezzotint.decode(broken(coded(photo[:70, :80]), (1, 1)), model=bundle)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks the Linux kernel")
@pytest.mark.parametrize("mode", ["lossy", pytest.param("lossless", marks=pytest.mark.slow)])
def test_memory_is_that_of_decoding(mode: str, root: Path) -> None:
    """Tiles of 256 pixels, half of them lost, in a process of its own."""
    child = str(Path(__file__).with_name("salvage_child.py"))
    command = [sys.executable, child, str(root / "examples" / "coffee.png"), mode]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["lost"] == 12
    assert found["peak"] <= found["most"]


def test_tiles_that_are_lost_at_once_looked_at_no_clock(coded: Encode) -> None:
    found = read(coded(np.zeros((1024, 1024), np.uint8), "lossless"))
    layers = tuple((b"\0",) * found.header.tile_count for _ in found.layers)
    with pytest.raises(LimitExceeded, match="longer than"), deadline.within(0):
        salvage_picture(replace(found, layers=layers), None)


def test_memory_that_ran_out_was_no_error_of_ours(coded: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mezzotint.runtime.salvage.stripe", short)
    data = broken(coded(np.zeros((128, 64), np.uint8), "lossless"), (0, 0))
    with pytest.raises(LimitExceeded, match="too little memory"):
        mezzotint.salvage(data)
