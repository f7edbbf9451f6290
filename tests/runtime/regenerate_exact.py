# SPDX-License-Identifier: Apache-2.0
"""Golden files without a network; this script makes those that are missing, with `--anew` all of them.

Lossless and near-lossless files with expected.json: header, SHA-256 of the file, of its pixels and of its alpha
(samples in raster order, little-endian). Pixels must be equal on every machine.

A file stays as it is while the frozen tables have the same id.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mezzotint.bitstream import Limits, read, read_header, write
from mezzotint.errors import MezzotintError
from mezzotint.runtime import lossless
from mezzotint.runtime.exact_decode import decode_exact
from mezzotint.runtime.exact_encode import encode_exact
from mezzotint.runtime.pictures import Picture, from_array

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "golden" / "exact"


class Case(NamedTuple):
    about: str
    picture: Callable[[], Picture]
    max_error: int = 0
    tile_log2: int = 10


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


def cases() -> dict[str, Case]:
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
    }


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
        data = write(encode_exact(case.picture(), case.max_error, case.tile_log2, Limits()))
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
