# SPDX-License-Identifier: Apache-2.0
"""Sizes and speeds without loss: Mezzotint beside optimised PNG, WebP and JPEG XL, over a folder of 8-bit RGB pictures.

    python bench/lossless.py KODAK -o results/lossless.csv

Whole files are counted; every one is decoded and compared. Speeds are megapixels per second of processor time on one
thread, the best of REPEATS runs of each picture, summed over all; so other work on the machine hardly counts. A row of
oxipng appears where pyoxipng is installed, which is no dependency. One row a codec, sorted by size; machine, command
and versions go to a JSON file beside the table.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from importlib import import_module, metadata
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image
from tqdm import tqdm

import mezzotint
from mezzotint.evaluate import images, machine
from mezzotint.evaluate.codecs import Pixels
from mezzotint.runtime.lossless import TABLES_ID

REPEATS = 3


@dataclass(frozen=True)
class Codec:
    name: str
    encode: Callable[[Pixels], bytes]
    decode: Callable[[bytes], Pixels]
    repeats: int = REPEATS


@dataclass(frozen=True)
class Row:
    """Over all pictures; against_png: bytes over those of the smaller optimised PNG, minus one, in percent."""

    codec: str
    bytes: int
    bpp: float
    against_png: float
    encode_mp_s: float
    decode_mp_s: float
    pictures: int
    megapixels: float


@dataclass(frozen=True)
class Cost:
    bytes: int
    encode_s: float
    decode_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Lossless sizes and speeds")
    parser.add_argument("folder", type=Path, help="a folder of pictures")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table, CSV")
    given = parser.parse_args()
    pictures = [images.load(path) for path in images.find(given.folder)]
    pixels = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    costs = {}
    for codec in codecs():
        of = [cost(codec, picture) for picture in tqdm(pictures, desc=codec.name)]
        costs[codec.name] = Cost(
            sum(one.bytes for one in of), sum(one.encode_s for one in of), sum(one.decode_s for one in of)
        )
    png = min(one.bytes for name, one in costs.items() if name.startswith("png"))
    rows = [row(name, one, png, pixels, len(pictures)) for name, one in costs.items()]
    write(given.output, sorted(rows, key=lambda row: row.bytes))


def codecs() -> list[Codec]:
    found = [
        Codec("mezzotint", ours, lambda data: np.asarray(mezzotint.decode(data, threads=1))),
        Codec("jxl effort 7", jxl, lambda data: np.asarray(imagecodecs.jpegxl_decode(data, numthreads=1))),
        Codec("webp method 6", webp, opened, 1),
        Codec("png pillow optimize", png, opened, 1),
    ]
    try:
        oxipng = import_module("oxipng")
    except ImportError:
        return found
    smaller = Codec(
        "png oxipng level 6",
        lambda pixels: bytes(oxipng.optimize_from_memory(png(pixels), level=6)),
        opened,
        1,
    )
    return [*found, smaller]


def ours(pixels: Pixels) -> bytes:
    return mezzotint.encode(pixels, lossless=True, threads=1)


def jxl(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(pixels, lossless=True, effort=7, numthreads=1))


def webp(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", lossless=True, method=6, quality=100)
    return out.getvalue()


def png(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()


def opened(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def cost(codec: Codec, pixels: Pixels) -> Cost:
    encode, decode = [], []
    for _ in range(codec.repeats):
        start = time.process_time()
        data = codec.encode(pixels)
        middle = time.process_time()
        back = codec.decode(data)
        decode.append(time.process_time() - middle)
        encode.append(middle - start)
        if not np.array_equal(back, pixels):
            raise SystemExit(f"{codec.name} is not lossless")
    return Cost(len(data), min(encode), min(decode))


def row(name: str, one: Cost, png: int, pixels: int, count: int) -> Row:
    return Row(
        codec=name,
        bytes=one.bytes,
        bpp=round(8 * one.bytes / pixels, 4),
        against_png=round(100 * (one.bytes / png - 1), 2),
        encode_mp_s=round(pixels / one.encode_s / 1e6, 2),
        decode_mp_s=round(pixels / one.decode_s / 1e6, 2),
        pictures=count,
        megapixels=round(pixels / 1e6, 2),
    )


def write(path: Path, rows: list[Row]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    about = {**machine.facts().as_json(), "tables": TABLES_ID.hex(), "threads": 1, "repeats": REPEATS}
    del about["model"]  # no network takes part
    if any("oxipng" in row.codec for row in rows):
        about["pyoxipng"] = metadata.version("pyoxipng")
    path.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
