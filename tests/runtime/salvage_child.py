# SPDX-License-Identifier: Apache-2.0
"""In a process of its own: damage every second tile of a picture and tell how far salvaging it raises resident memory.

python salvage_child.py PHOTO MODE   ->   one line of JSON
"""

from __future__ import annotations

import json
import sys

import numpy as np
from memory_child import peak
from PIL import Image

import mezzotint
from mezzotint.bitstream import Mode, read, read_header
from mezzotint.bundle import resolve
from mezzotint.runtime.memory import decoding_memory

SIZE = 1000, 1400


def main(photo: str, mode: str) -> None:
    with Image.open(photo) as image:
        tile = np.asarray(image.convert("RGB"))
    options = {"lossless": mode == "lossless", "threads": 2}
    warm = mezzotint.encode(tile[:80, :80], tile_log2=6, **options)
    mezzotint.salvage(warm + b"more", threads=2)  # what is loaded once does not count
    pixels = np.tile(tile, (3, 3, 1))[: SIZE[0], : SIZE[1]].copy()
    data = bytearray(mezzotint.encode(pixels, tile_log2=8, **options))
    del pixels
    header = read_header(data)
    start = len(data)
    for layer in reversed(read(data).layers):
        for number in reversed(range(header.tile_count)):
            start -= len(layer[number])
            if number % 2 and layer[number]:
                data[start] ^= 1
    found, most = peak(lambda: mezzotint.salvage(data, threads=2))
    card = resolve(None).card if header.mode is Mode.LOSSY else None
    facts = {"lost": len(found.lost), "peak": most, "most": decoding_memory(header, card)}
    print(json.dumps(facts))


main(*sys.argv[1:])
