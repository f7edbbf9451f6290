# SPDX-License-Identifier: Apache-2.0
"""What parts of a picture and smaller pictures cost: results/parts.json.

    python bench/parts.py [--json results/parts.json]

A picture of 100 megapixels is laid out of the examples, encoded once, and asked for regions of 512x512 (warm: the model
is loaded) and for 1/8; smaller ones are asked for 1/8 as well. Each figure is the best of several runs, in seconds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.evaluate import machine, psnr
from mezzotint.runtime.area import shrunk

ROOT = Path(__file__).resolve().parent.parent
SIZES = [(512, 768), (1024, 1536), (3000, 4000), (10_000, 10_000)]
QUALITY = 75
PLACES = [
    (0, 0),
    (900, 900),
    (5000, 5000),
    (9488, 9488),
    (3000, 7000),
]  # of a region: two of them on four tiles


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """The examples side by side, each second one mirrored, as often as it takes."""
    photos = []
    for path in sorted((ROOT / "examples").glob("*.png")):
        with Image.open(path) as image:
            photos.append(np.asarray(image.convert("RGB"))[:300, :400])
    row = np.concatenate([photo[:, ::flip] for photo in photos for flip in (1, -1)], axis=1)
    both = np.concatenate([row, row[::-1]])
    repeats = -(-height // len(both)), -(-width // both.shape[1]), 1
    return np.ascontiguousarray(np.tile(both, repeats)[:height, :width])


def best(work: Callable[[], Any], runs: int) -> float:
    """The seconds of the quickest run."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def row(size: tuple[int, int], threads: int) -> dict[str, Any]:
    """What is measured of one size."""
    pixels = picture(*size)
    megapixels = size[0] * size[1] / 1e6
    start = time.perf_counter()
    data = mezzotint.encode(pixels, QUALITY, threads=threads)
    encode = time.perf_counter() - start
    runs = 15 if megapixels < 2 else 3 if megapixels < 20 else 1

    def decoded(**asked: Any) -> NDArray[np.uint8]:
        samples: NDArray[np.uint8] = mezzotint.decode(data, threads=threads, **asked).astype(
            np.uint8, copy=False
        )
        return samples

    small, whole = decoded(scale=1 / 8), decoded()
    whole_seconds = best(decoded, runs)
    small_seconds = best(lambda: decoded(scale=1 / 8), max(3, runs))
    found: dict[str, Any] = {
        "height": size[0],
        "width": size[1],
        "threads": threads,
        "bytes": len(data),
        "encode_s": round(encode, 3),
        "decode_s": round(whole_seconds, 4),
        "eighth_s": round(small_seconds, 4),
        "eighth_times_faster": round(whole_seconds / small_seconds, 1),
        "eighth_psnr_against_means": round(psnr(shrunk(whole, 3), small), 1),
    }
    if megapixels > 50:
        regions = [(x, y, 512, 512) for x, y in PLACES]
        found["region_512_s"] = [round(best(partial(decoded, region=region), 3), 3) for region in regions]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure parts of pictures and smaller pictures.")
    parser.add_argument("--json", default=str(ROOT / "results" / "parts.json"), help="where the figures go")
    target = Path(parser.parse_args().json)
    rows = [row(size, threads) for size in SIZES for threads in (1, 2)]
    content = {
        "command": "python bench/parts.py",
        "quality": QUALITY,
        "processor": machine.processor(),
        "commit": machine.commit(),
        "rows": rows,
    }
    target.write_text(json.dumps(content, indent=1) + "\n")
    for found in rows:
        print(found)


if __name__ == "__main__":
    main()
