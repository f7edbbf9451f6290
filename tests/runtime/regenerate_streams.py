# SPDX-License-Identifier: Apache-2.0
"""Golden streams; `python tests/runtime/regenerate_streams.py` makes those that are missing, `--anew` all of them.

Whole files of the model that ships and of the hand-made ones of tests/bundle/tiny.py (frozen as tiny.mztm, and as
context.mztm with a scale context), with expected.json: what is in each file, the SHA-256 of its integers, and its
pixels, as a thumbnail or whole (.ppm, .pgm).

A stream stays as it is while its model has the same id. Networks round differently on other machines, and encoders
are improved; neither may touch a golden file. A new default model has a new id, and so gets new streams.
Trap: a change of the decoder that shows in integers or pixels is not followed either: the tests fail until `--anew`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import random
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mezzotint.bitstream import Box, Colour, Container, read, read_header, write
from mezzotint.bundle import Bundle, default, dump, load
from mezzotint.errors import MezzotintError
from mezzotint.runtime.decode import decode_picture, latent_digests, read_latents
from mezzotint.runtime.encode import encode_picture, quality_index
from mezzotint.runtime.latents import open_model
from mezzotint.runtime.pictures import Picture

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "golden" / "streams"
HAND_MADE = ("tiny", "context")
SIDE = 4  # blocks of a thumbnail
PROFILE = bytes(12) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(92)  # no tag in it, 132 bytes
METADATA = {"icc": PROFILE, "exif": b"MM\0*\0\0\0\x08\0\0\0\0\0\0", "xmp": b"<x:xmpmeta/>"}


class Case(NamedTuple):
    about: str
    picture: Callable[[], Picture]
    quality: float
    tile_log2: int = 10
    whole: bool = False  # keep every pixel, not only a thumbnail
    change: Callable[[Container], Container] = lambda container: container  # before it is written


def photo(width: int, height: int, name: str = "chelsea") -> NDArray[np.uint8]:
    """A piece out of the middle of an example."""
    with Image.open(TESTS.parent / "examples" / f"{name}.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def noise(width: int, height: int, levels: int) -> NDArray[np.uint8]:
    """Independent samples of so many levels, from black to white."""
    raw = np.frombuffer(random.Random(levels).randbytes(3 * width * height), np.uint8)
    return (raw.astype(int) * levels // 256 * 255 // (levels - 1)).astype(np.uint8).reshape(height, width, 3)


def slope(width: int, height: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:height, :width]
    return ((3 * rows + columns) % 256).astype(np.uint8)


def flat(width: int, height: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), (40, 90, 200), np.uint8)


def deep(width: int, height: int, bit_depth: int, grey: bool = False, alpha: bool = False) -> Picture:
    """A photo of another depth than 8 bits, scaled as docs/format.md 2.1 has it."""
    pixels = (photo(width, height).astype(np.uint32) * ((1 << bit_depth) - 1) + 127) // 255
    pixels = pixels.astype(np.uint16 if bit_depth > 8 else np.uint8)
    plane = pixels[..., 0].copy() if alpha else None
    return Picture(pixels[..., 1].copy() if grey else pixels, plane, bit_depth=bit_depth)


def annotated(container: Container) -> Container:
    """Boxes that no reader knows, one of them twice, and samples that are not sRGB."""
    boxes = (Box(b"note", b""), *container.boxes, Box(b"zzZ~", bytes(range(256))), Box(b"note", b"again"))
    header = replace(container.header, colour=Colour(9, 16, 9, full_range=False))
    return replace(container, header=header, boxes=boxes)


def more_cases() -> dict[str, Case]:
    """Depths, sides and combinations that the first ones lack."""
    return {
        "default-1x97-q75": Case("One column.", lambda: Picture(photo(1, 97)), 75),
        "default-113x1-q33": Case("One row.", lambda: Picture(photo(113, 1)), 33),
        "default-37x53-10-bits-q75": Case("Ten bits.", lambda: deep(37, 53, 10), 75),
        "default-37x53-16-bits-alpha-q33": Case(
            "Sixteen, with alpha.", lambda: deep(37, 53, 16, alpha=True), 33
        ),
        "default-17x33-1-bit-q100": Case("One bit.", lambda: deep(17, 33, 1), 100),
        "default-71x67-grey-alpha-tiles-q33": Case(
            "Grey and alpha in tiles.", lambda: deep(71, 67, 8, grey=True, alpha=True), 33, 6
        ),
        "default-17x33-unknown-boxes-q0": Case(
            "Boxes that no one knows.", lambda: Picture(photo(17, 33)), 0, 15, change=annotated
        ),
        "tiny-71x67-12-bits-grey-alpha-tiles-q75": Case(
            "Twelve bits.", lambda: deep(71, 67, 12, grey=True, alpha=True), 75, 6
        ),
        "tiny-1x97-5-bits-q33": Case("Five bits.", lambda: deep(1, 97, 5), 33),
        "tiny-113x1-16-bits-q100": Case("Sixteen.", lambda: deep(113, 1, 16), 100),
        "tiny-17x33-unknown-boxes-q0": Case(
            "Boxes that no one knows.", lambda: Picture(photo(17, 33)), 0, 15, change=annotated
        ),
        "context-71x67-grey-alpha-tiles-q33": Case(
            "Grey and alpha in tiles.", lambda: deep(71, 67, 8, grey=True, alpha=True), 33, 6
        ),
        "context-37x53-14-bits-q100": Case("Fourteen bits.", lambda: deep(37, 53, 14), 100),
        "context-64x1-boxes-q0": Case("ICC, EXIF and XMP.", lambda: Picture(photo(64, 1), **METADATA), 0),
    }


def cases() -> dict[str, Case]:
    return first_cases() | more_cases()


def first_cases() -> dict[str, Case]:
    """By file name without its ending; what stands before the first dash says which model."""
    constant = np.full((70, 130), 77, np.uint8)
    of_default = {
        "1x1-q75": Case("One pixel.", lambda: Picture(photo(1, 1)), 75, whole=True),
        "17x33-q0": Case("Smaller than a block.", lambda: Picture(photo(17, 33)), 0, whole=True),
        "17x33-q100": Case("The other end of the dial.", lambda: Picture(photo(17, 33)), 100),
        "64x64-q33": Case("One whole block.", lambda: Picture(photo(64, 64, "astronaut")), 33),
        "64x64-q75": Case("The same, better.", lambda: Picture(photo(64, 64, "astronaut")), 75, whole=True),
        "64x64-grey-q75": Case("One plane.", lambda: Picture(photo(64, 64)[..., 1]), 75, whole=True),
        "64x64-flat-q0": Case("One colour.", lambda: Picture(flat(64, 64)), 0),
        "64x64-noise-q100": Case("Noise of all levels.", lambda: Picture(noise(64, 64, 256)), 100),
        "64x64-extreme-q100": Case("Black and white noise: escapes.", lambda: Picture(noise(64, 64, 2)), 100),
        "64x64-boxes-q33": Case("ICC, EXIF and XMP.", lambda: Picture(photo(64, 64), **METADATA), 33),
        "17x33-grey-alpha-q33": Case(
            "Grey and a plane of alpha.", lambda: Picture(photo(17, 33)[..., 1], slope(17, 33)), 33
        ),
        "130x70-alpha-q75": Case("Constant alpha.", lambda: Picture(photo(130, 70), constant), 75),
        "130x70-plane-q33": Case("A plane of alpha.", lambda: Picture(photo(130, 70), slope(130, 70)), 33),
        "130x70-tiles-q75": Case(
            "Six tiles of one block.", lambda: Picture(photo(130, 70, "coffee")), 75, 6, whole=True
        ),
        "200x150-tiles-q33": Case("Four tiles of unequal size.", lambda: Picture(photo(200, 150)), 33, 7),
    }
    of_tiny = {
        "1x1-q0": Case("One pixel.", lambda: Picture(photo(1, 1)), 0, whole=True),
        "17x33-grey-q33": Case("One plane.", lambda: Picture(photo(17, 33)[..., 1]), 33, whole=True),
        "64x64-q75": Case("One whole block.", lambda: Picture(photo(64, 64)), 75, whole=True),
        "64x64-q0": Case("The same at the end of the dial.", lambda: Picture(photo(64, 64)), 0),
        "64x64-extreme-q100": Case("Black and white noise: escapes.", lambda: Picture(noise(64, 64, 2)), 100),
        "64x64-boxes-q33": Case("ICC, EXIF and XMP.", lambda: Picture(photo(64, 64), **METADATA), 33),
        "130x70-plane-tiles-q75": Case(
            "Six tiles of one block, a plane of alpha.",
            lambda: Picture(photo(130, 70, "coffee"), slope(130, 70)),
            75,
            6,
        ),
        "130x70-alpha-q100": Case("Constant alpha.", lambda: Picture(photo(130, 70), constant), 100),
        "200x150-tiles-q100": Case("Four tiles of unequal size.", lambda: Picture(photo(200, 150)), 100, 7),
    }
    of_context = {
        "1x1-q75": Case("One pixel.", lambda: Picture(photo(1, 1)), 75, whole=True),
        "64x64-q33": Case("One whole block.", lambda: Picture(photo(64, 64)), 33, whole=True),
        "64x64-extreme-q100": Case("Black and white noise: escapes.", lambda: Picture(noise(64, 64, 2)), 100),
        "130x70-tiles-q75": Case("Six tiles of one block.", lambda: Picture(photo(130, 70, "coffee")), 75, 6),
        "200x150-tiles-q0": Case("Four tiles of unequal size.", lambda: Picture(photo(200, 150)), 0, 7),
    }
    return {
        f"{model}-{name}": case
        for model, group in (("default", of_default), ("tiny", of_tiny), ("context", of_context))
        for name, case in group.items()
    }


def hand_made(name: str) -> bytes:
    spec = importlib.util.spec_from_file_location("golden_tiny", TESTS / "bundle" / "tiny.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dump(module.bundle(context=name == "context"))


def thumbnail(pixels: NDArray[np.uint8]) -> list[Any]:
    """Means of at most 4 x 4 blocks, (rows, columns) or (rows, columns, channels)."""
    height, width = (min(SIDE, side) for side in pixels.shape[:2])
    bands = [np.array_split(band, width, axis=1) for band in np.array_split(pixels, height)]
    return [[np.round(block.mean(axis=(0, 1)), 2).tolist() for block in band] for band in bands]


def escapes(data: bytes, bundle: Bundle) -> int:
    """Symbols of y outside their tables."""
    tables, count = bundle.y_tables.tables, 0
    first, last = (np.array([getattr(t, name) for t in tables]) for name in ("minimum", "maximum"))
    for tile in read_latents(read(data), bundle):
        outside = (tile.symbols < first[tile.indices]) | (tile.symbols > last[tile.indices])
        count += int(outside.sum())
    return count


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def facts(data: bytes, about: str, model: str, bundle: Bundle) -> dict[str, Any]:
    """What a stream is held to, its pixels as a thumbnail."""
    container = read(data)
    picture = decode_picture(container, open_model(bundle, 1))
    header = asdict(container.header)
    header["model_id"] = container.header.model_id.hex()
    return {
        "about": about,
        "model": model,
        "bytes": len(data),
        "sha256": sha256(data),
        "header": header,
        "boxes": [[box.tag.decode("ascii"), sha256(box.payload)] for box in container.boxes],
        "alpha": None if picture.alpha is None else sha256(picture.alpha.tobytes()),
        "escapes": escapes(data, bundle),
        "latents": [list(asdict(tile).values()) for tile in latent_digests(data, model=bundle)],
        "thumbnail": thumbnail(picture.colour),
    }


def kept(path: Path, bundle: Bundle) -> bool:
    """True for a stream of this very model."""
    try:
        return read_header(path.read_bytes()).model_id == bundle.model_id
    except (FileNotFoundError, MezzotintError):
        return False


def make(anew: bool) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    bundles, files = {"default": default()}, {"expected.json"}
    for name in HAND_MADE:
        path = FOLDER / f"{name}.mztm"
        if anew or not path.is_file():
            path.write_bytes(hand_made(name))
        bundles[name] = load(path)
        files.add(path.name)
    table, rows = FOLDER / "expected.json", {}
    old = {} if anew or not table.is_file() else json.loads(table.read_text("ascii"))
    for name, case in cases().items():
        model, path = name.partition("-")[0], FOLDER / f"{name}.mzt"
        bundle = bundles[model]
        pixels = path.with_suffix(".pgm" if "-grey-" in name else ".ppm")
        files |= {path.name, pixels.name} if case.whole else {path.name}
        if name in old and kept(path, bundle):
            rows[name] = old[name]
            continue
        opened = open_model(bundle, 1)
        coded = encode_picture(case.picture(), quality_index(case.quality), opened, case.tile_log2)
        data = write(case.change(coded))
        path.write_bytes(data)
        rows[name] = facts(data, case.about, model, bundle)
        if case.whole:
            Image.fromarray(decode_picture(read(data), opened).colour).save(pixels)
    for path in FOLDER.iterdir():
        if path.name not in files:
            path.unlink()
    lines = ",\n".join(
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in row.items())
        + "}"
        for name, row in rows.items()
    )
    table.write_text(f"{{{lines}}}\n", "ascii")
    changed = sum(rows[name] is not old.get(name) for name in rows)
    print(f"{len(rows)} streams, {changed} of them made anew")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make golden streams.")
    parser.add_argument("--anew", action="store_true", help="all of them, not only what is missing")
    make(parser.parse_args().anew)


if __name__ == "__main__":
    main()
