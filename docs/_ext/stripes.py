# SPDX-License-Identifier: Apache-2.0
"""docs/img/salvage.png: a part of an example photo whose file was damaged in two places, salvaged.

    python docs/_ext/stripes.py

Run it again where the marks or the default model change. The tiles are small, so that a small photo has some.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import mezzotint
from mezzotint.bitstream import read

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "img" / "salvage.png"
CROP = (40, 0, 424, 256)  # left, top, right, bottom: three tiles by two
TILE_LOG2 = 7
DAMAGED = (1, 5)  # tiles: one in its coarsest layer, one in its finest
COLOURS = 128  # of the PNG, which would have four times the bytes with all of them


def damaged() -> bytes:
    """The file of that part, with a bit of two chunks turned over."""
    with Image.open(ROOT / "examples" / "chelsea.png") as image:
        pixels = np.asarray(image.convert("RGB").crop(CROP))
    data = bytearray(mezzotint.encode(pixels, 75, tile_log2=TILE_LOG2, threads=1))
    layers = read(data).layers
    for layer, tile in zip((0, len(layers) - 1), DAMAGED, strict=True):
        behind = [*layers[layer][tile:], *(chunk for each in layers[layer + 1 :] for chunk in each)]
        data[len(data) - sum(map(len, behind))] ^= 1
    return bytes(data)


def main() -> None:
    found = mezzotint.salvage(damaged(), as_="pillow", threads=1)
    found.picture.quantize(COLOURS).save(PICTURE, optimize=True)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size} bytes, lost {found.lost}")


if __name__ == "__main__":
    main()
