# SPDX-License-Identifier: Apache-2.0
"""In a process of its own: encode and decode one picture, and tell how far resident memory rises.

python memory_child.py PHOTO HEIGHT WIDTH TILE_LOG2 THREADS MODE   ->   one line of JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import mezzotint
from mezzotint.bitstream import Mode, read_header
from mezzotint.bundle import resolve
from mezzotint.runtime.memory import decoding_memory, encoding_memory

STATUS = Path("/proc/self/status")


def held(key: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def peak(work: Callable[[], Any]) -> tuple[Any, int]:
    """What `work` gives, and how far resident memory rose above where it stood."""
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before = held("VmRSS")
    found = work()
    return found, held("VmHWM") - before


def _tile(photo: str, mode: str, size: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A photo, or a pattern that the encoder decodes for a look (runtime/steady.py), too rough to be lossless."""
    if mode == "pattern":
        picture = np.random.default_rng(0).integers(0, 32, (*size, 3), np.uint8)
        rows, columns = (np.arange(side) // 4 % 2 for side in size)
        picture[rows[:, None] != columns] += 220
        return picture
    with Image.open(photo) as image:
        return np.asarray(image.convert("RGB"))


def _encoded(tile: Any, size: tuple[int, int], options: dict[str, Any]) -> tuple[bytes, int]:
    """The file of a picture that is gone afterwards, and the peak."""
    height, width = size
    picture = np.tile(tile, (-(-height // len(tile)), -(-width // tile.shape[1]), 1))[:height, :width].copy()
    found: tuple[bytes, int] = peak(lambda: mezzotint.encode(picture, **options))
    return found


def main(photo: str, height: int, width: int, tile_log2: int, threads: int, mode: str) -> None:
    qualities: dict[str, dict[str, Any]] = {"lossless": {"lossless": True}, "pattern": {"quality": 40}}
    options = qualities.get(mode, {"quality": 75})
    small = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    mezzotint.decode(mezzotint.encode(small, threads=threads, **options), threads=threads)  # loads the model
    data, encoded = _encoded(
        _tile(photo, mode, (height, width)),
        (height, width),
        {"threads": threads, "tile_log2": tile_log2, **options},
    )
    back, decoded = peak(lambda: mezzotint.decode(data, threads=threads))
    header = read_header(data)
    card = resolve(None).card if header.mode is Mode.LOSSY else None
    print(
        json.dumps(
            {
                "shape": back.shape,
                "bytes": len(data),
                "encode": encoded,
                "encode_most": encoding_memory(header, card),
                "decode": decoded,
                "decode_most": decoding_memory(header, card),
                "whole": held("VmHWM"),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:6]), sys.argv[6])  # type: ignore[arg-type]
