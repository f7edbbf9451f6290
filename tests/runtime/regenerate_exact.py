# SPDX-License-Identifier: Apache-2.0
"""Golden files without a network; this script makes those that are missing, with `--anew` all of them.

Lossless and near-lossless files with expected.json: header, SHA-256 of the file, of its pixels, of its alpha (samples
in raster order, little-endian) and of its boxes. Pixels must be equal on every machine.

A file stays as it is while the frozen tables have the same id. Some were never a picture: forged_tiles.py draws at
random what the format leaves to an encoder, of which ours uses a part.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mezzotint.bitstream import Box, Colour, Container, Limits, read, read_header, write
from mezzotint.errors import MezzotintError
from mezzotint.runtime import lossless
from mezzotint.runtime.exact_decode import decode_exact
from mezzotint.runtime.exact_encode import encode_exact
from mezzotint.runtime.pictures import Picture, from_array

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "runtime"), str(TESTS / "second")]  # test folders are no packages
import forged_tiles  # noqa: E402

FOLDER = TESTS / "golden" / "exact"


class Case(NamedTuple):
    about: str
    picture: Callable[[], Picture] | None  # None where the file was made without one
    max_error: int = 0
    tile_log2: int = 10
    change: Callable[[Container], Container] = lambda container: container  # before it is written
    made: Callable[[], Container] | None = None  # in place of an encoder


def photo(width: int, height: int) -> NDArray[np.uint8]:
    """A piece out of the middle of an example."""
    with Image.open(TESTS.parent / "examples" / "chelsea.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def deep(width: int, height: int, bit_depth: int) -> NDArray[np.uint16]:
    """The same with noise in the bits below the eighth."""
    extra = bit_depth - 8
    raw = np.frombuffer(random.Random(bit_depth).randbytes(6 * width * height), "<u2")
    low = (raw % (1 << extra)).astype(np.uint16).reshape(height, width, 3)
    return (photo(width, height).astype(np.uint16) << extra) + low


def noise(width: int, height: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(random.Random(0).randbytes(3 * width * height), np.uint8)
    return raw.reshape(height, width, 3)


def drawing(width: int, height: int) -> NDArray[np.uint8]:
    """Four colours in stripes and boxes."""
    rows, columns = np.mgrid[:height, :width]
    colours = np.array([(255, 255, 255), (0, 0, 0), (200, 30, 30), (20, 60, 220)], np.uint8)
    return colours[(rows // 9 % 2) + 2 * ((columns // 13 + rows // 21) % 2)]


def few_bits(bit_depth: int) -> Picture:
    """A small photo of a depth from 1 to 16."""
    pixels = np.ascontiguousarray(photo(17, 13)[..., 1])
    if bit_depth <= 8:
        return from_array(pixels >> (8 - bit_depth), bit_depth)
    return from_array(np.ascontiguousarray(deep(17, 13, bit_depth)[..., 1]), bit_depth)


def seen_through(width: int, height: int, grey: bool = False) -> Picture:
    """With a plane of alpha."""
    pixels = photo(width, height)
    return Picture(pixels[..., 1].copy() if grey else pixels, pixels[..., 0].copy())


def described() -> Picture:
    """With all metadata that a picture can have."""
    exif = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    return Picture(drawing(37, 53), icc=b"a profile that nobody reads" * 5, exif=exif, xmp=b"<x:xmpmeta/>")


def annotated(container: Container) -> Container:
    """Boxes that no reader knows, one of them twice, and samples that are not sRGB."""
    boxes = (Box(b"note", b""), *container.boxes, Box(b"zzZ~", bytes(range(256))), Box(b"note", b"again"))
    header = replace(container.header, colour=Colour(9, 16, 9, full_range=False))
    return replace(container, header=header, boxes=boxes)


def cases() -> dict[str, Case]:
    return first_cases() | more_cases()


def more_cases() -> dict[str, Case]:
    """Depths, metadata, sides and combinations that the first ones lack."""
    depths = {
        f"17x13-{bits}-bits": Case("A depth.", lambda bits=bits: few_bits(bits))
        for bits in (2, 3, 4, 6, 7, 9, 11, 12, 13, 14, 15)
    }
    return depths | {
        "37x53-grey-alpha": Case("Grey and alpha.", lambda: seen_through(37, 53, grey=True)),
        "37x53-near-2-grey": Case("Both sides prime.", lambda: from_array(photo(37, 53)[..., 1].copy()), 2),
        "37x53-near-2-grey-alpha": Case("Alpha stays exact.", lambda: seen_through(37, 53, grey=True), 2),
        "37x53-near-1-alpha": Case("The same in colour.", lambda: seen_through(37, 53), 1),
        "67x71-near-40-alpha-tiles": Case("And in tiles.", lambda: seen_through(67, 71), 40, 6),
        "1x101-grey": Case("One column of one plane.", lambda: from_array(photo(1, 101)[..., 1].copy())),
        "103x1-near-3": Case("One row.", lambda: from_array(photo(103, 1)), 3),
        "17x13-12-bits-near-4095": Case("Nothing but the top level is exact.", lambda: few_bits(12), 4095),
        "190x20-near-40": Case("A lattice of more levels.", lambda: from_array(photo(190, 20)), 40, 15),
        "200x150-near-20-tiles": Case("Tiles of four blocks.", lambda: from_array(photo(200, 150)), 20, 7),
        "37x53-drawing-boxes": Case("ICC, EXIF and XMP.", described),
        "37x53-drawing-unknown-boxes": Case("Boxes that no one knows.", described, change=annotated),
        "16x16-drawing-16-bits": Case(
            "A palette of words.", lambda: from_array(drawing(16, 16).astype(np.uint16) * np.uint16(257))
        ),
        "16x16-drawing-alpha": Case(
            "Alpha without order.", lambda: Picture(drawing(16, 16), noise(16, 16)[..., 0].copy())
        ),
        "23x19-forged-grey": Case("All choices.", None, made=lambda: forged_tiles.forged(1, 23, 19, 1, 8, 0)),
        "19x23-forged-near-4": Case("The same.", None, made=lambda: forged_tiles.forged(2, 19, 23, 3, 8, 4)),
        "29x11-forged-16-bits": Case(
            "The same.", None, made=lambda: forged_tiles.forged(3, 29, 11, 1, 16, 0)
        ),
        "9x8-forged-filters": Case("Rows of every filter.", None, made=lambda: forged_tiles.filtered(0, 8)),
        "9x8-forged-filters-16-bits": Case(
            "The same, of words.", None, made=lambda: forged_tiles.filtered(0, 16)
        ),
        "9x8-forged-palette": Case("The same, of indices.", None, made=lambda: forged_tiles.filtered(1, 8)),
    }


def first_cases() -> dict[str, Case]:
    alpha = np.dstack([photo(65, 43), photo(65, 43)[..., :1]])
    return {
        "1x1": Case("One pixel.", lambda: from_array(photo(1, 1))),
        "1x70": Case("One column.", lambda: from_array(photo(1, 70))),
        "71x1": Case("One row.", lambda: from_array(photo(71, 1))),
        "64x64": Case("One block.", lambda: from_array(photo(64, 64))),
        "65x43-grey": Case("One plane.", lambda: from_array(np.ascontiguousarray(photo(65, 43)[..., 1]))),
        "65x43-alpha": Case("A plane of alpha.", lambda: from_array(alpha)),
        "130x70-tiles": Case("Six tiles.", lambda: from_array(photo(130, 70)), tile_log2=6),
        "64x64-noise": Case("Nothing to predict.", lambda: from_array(noise(64, 64))),
        "64x64-flat": Case("One colour.", lambda: from_array(np.full((64, 64, 3), 77, np.uint8))),
        "120x90-drawing": Case("Few colours.", lambda: from_array(drawing(120, 90))),
        "65x43-near-1": Case("No sample off by more than 1.", lambda: from_array(photo(65, 43)), 1),
        "130x70-near-7-tiles": Case("Nor by more than 7.", lambda: from_array(photo(130, 70)), 7, 6),
        "65x43-near-100": Case("The coarsest of all.", lambda: from_array(photo(65, 43)), 100),
        "33x65-1-bit": Case("One bit.", lambda: from_array(photo(33, 65) >> 7, 1)),
        "33x65-5-bits": Case("Five bits.", lambda: from_array(photo(33, 65) >> 3, 5)),
        "65x43-10-bits": Case("Ten bits.", lambda: from_array(deep(65, 43, 10), 10)),
        "65x43-16-bits": Case("Sixteen bits.", lambda: from_array(deep(65, 43, 16))),
        "65x43-16-bits-grey": Case(
            "The same, one plane.", lambda: from_array(np.ascontiguousarray(deep(65, 43, 16)[..., 0]))
        ),
        "65x43-16-bits-alpha": Case(
            "The same with alpha.",
            lambda: from_array(np.dstack([deep(65, 43, 16), deep(65, 43, 16)[..., :1]])),
        ),
        "65x43-16-bits-near-200": Case(
            "Sixteen bits, eight kept.", lambda: from_array(deep(65, 43, 16)), 200
        ),
    }


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def of_samples(samples: NDArray[Any]) -> str:
    return sha256(samples.astype("<u2" if samples.dtype.itemsize == 2 else "|u1").tobytes())


def facts(data: bytes, about: str) -> dict[str, Any]:
    """What a file is held to."""
    container = read(data)
    picture = decode_exact(container)
    return {
        "about": about,
        "bytes": len(data),
        "sha256": sha256(data),
        "header": asdict(container.header) | {"model_id": container.header.model_id.hex()},
        "layers": [[len(chunk) for chunk in layer] for layer in container.layers],
        "pixels": of_samples(picture.colour),
        "alpha": None if picture.alpha is None else of_samples(picture.alpha),
        "boxes": [[box.tag.decode("ascii"), sha256(box.payload)] for box in container.boxes],
    }


def made(case: Case) -> Container:
    if case.picture is None:
        assert case.made is not None
        return case.made()
    return encode_exact(case.picture(), case.max_error, case.tile_log2, Limits())


def kept(path: Path) -> bool:
    """True for a file of the tables that ship."""
    try:
        return read_header(path.read_bytes()).model_id == lossless.TABLES_ID
    except (FileNotFoundError, MezzotintError):
        return False


def make(anew: bool) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = FOLDER / "expected.json"
    old = {} if anew or not table.is_file() else json.loads(table.read_text("ascii"))
    rows = {}
    for name, case in cases().items():
        path = FOLDER / f"{name}.mzt"
        if name in old and kept(path):
            rows[name] = old[name]
            continue
        data = write(case.change(made(case)))
        path.write_bytes(data)
        rows[name] = facts(data, case.about)
    for path in FOLDER.glob("*.mzt"):
        if path.stem not in rows:
            path.unlink()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    table.write_text(f"{{{lines}}}\n", "ascii")
    print(f"{len(rows)} files, {sum(rows[name] is not old.get(name) for name in rows)} of them made anew")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make golden files of the modes without a network.")
    parser.add_argument("--anew", action="store_true", help="all of them, not only what is missing")
    make(parser.parse_args().anew)


if __name__ == "__main__":
    main()
