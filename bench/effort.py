# SPDX-License-Identifier: Apache-2.0
"""What `--effort` gains and what it costs: BD-rates on PSNR against effort 0, and processor seconds a megapixel.

    python bench/effort.py examples -o results/effort.csv

Pictures are cut to their middle, SIDE x SIDE at most, to be quick. Real files are counted, decoded 8-bit pixels
compared; seconds are those of the processor on one thread, so that other work on the machine does not count. One row an
effort.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import mean

import numpy as np
from tqdm import tqdm

import mezzotint
from mezzotint.bundle import resolve
from mezzotint.evaluate import images
from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.evaluate.codecs import Pixels
from mezzotint.evaluate.metrics import psnr

SIDE = 320


@dataclass(frozen=True)
class Point:
    bpp: float
    psnr: float  # dB
    encode: float  # processor seconds a megapixel


@dataclass(frozen=True)
class Row:
    """BD-rates in percent against effort 0: of mean curves, and the mean, best and worst of single pictures."""

    effort: int
    bd_rate: float
    bd_rate_by_picture: float
    bd_rate_best: float
    bd_rate_worst: float
    encode_cpu_s_mp: float
    pictures: int
    side: int
    qualities: str
    model: str


def main() -> None:
    parser = argparse.ArgumentParser(description="Gain and cost of mzt encode --effort")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of photos")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table, CSV")
    parser.add_argument("--efforts", type=int, nargs="+", default=list(range(1, 10)))
    parser.add_argument("--qualities", type=float, nargs="+", default=[12, 38, 62, 88])
    arguments = parser.parse_args()

    crops = [middle(images.load(path)) for folder in arguments.folders for path in images.find(folder)]
    mezzotint.encode(
        crops[0], threads=1, effort=1
    )  # sessions and torch are loaded once, before the clock runs
    anchor = [sweep(crop, 0, arguments.qualities) for crop in tqdm(crops, desc="effort 0")]
    rows = [row(0, anchor, anchor, arguments.qualities)]
    for effort in sorted(arguments.efforts):
        found = [sweep(crop, effort, arguments.qualities) for crop in tqdm(crops, desc=f"effort {effort}")]
        rows.append(row(effort, anchor, found, arguments.qualities))
        write(arguments.output, rows)  # after each, since high efforts take long


def middle(pixels: Pixels) -> Pixels:
    top, left = (max(0, (side - SIDE) // 2) for side in pixels.shape[:2])
    return pixels[top : top + SIDE, left : left + SIDE].copy()


def sweep(pixels: Pixels, effort: int, qualities: list[float]) -> list[Point]:
    return [point(pixels, effort, quality) for quality in qualities]


def point(pixels: Pixels, effort: int, quality: float) -> Point:
    samples = pixels.shape[0] * pixels.shape[1]
    start = time.process_time()
    data = mezzotint.encode(pixels, quality, threads=1, effort=effort)
    seconds = time.process_time() - start
    decoded = mezzotint.decode(data, threads=1).astype(np.uint8, copy=False)
    return Point(8 * len(data) / samples, psnr(pixels, decoded), seconds / samples * 1e6)


def row(effort: int, anchor: list[list[Point]], found: list[list[Point]], qualities: list[float]) -> Row:
    single = [rate(one, other) for one, other in zip(anchor, found, strict=True)]
    return Row(
        effort=effort,
        bd_rate=round(rate(average(anchor), average(found)), 3),
        bd_rate_by_picture=round(mean(single), 3),
        bd_rate_best=round(min(single), 3),
        bd_rate_worst=round(max(single), 3),
        encode_cpu_s_mp=round(mean(point.encode for curve in found for point in curve), 2),
        pictures=len(found),
        side=SIDE,
        qualities=" ".join(f"{quality:g}" for quality in qualities),
        model=f"{resolve(None).card.name} {resolve(None).model_id.hex()}",
    )


def average(curves: list[list[Point]]) -> list[Point]:
    """The mean over pictures at each quality."""
    return [
        Point(*(mean(getattr(point, field.name) for point in points) for field in fields(Point)))
        for points in zip(*curves, strict=True)
    ]


def rate(anchor: list[Point], found: list[Point]) -> float:
    return bd_rate([(p.bpp, p.psnr) for p in anchor], [(p.bpp, p.psnr) for p in found])


def write(path: Path, rows: list[Row]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


if __name__ == "__main__":
    main()
