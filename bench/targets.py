# SPDX-License-Identifier: Apache-2.0
"""What `--target-bytes` reaches and what it costs: the size of the file, and the time over that of a plain encode.

    python bench/targets.py kodak -o results/targets.csv

The target is given in bits a pixel, as bytes. Times are the best of REPEATS, of the search and of an encode at the
quality that it found, one after the other: processor seconds on one thread, wall seconds on one and on two. The file of
that encode is compared with the one found: it differs where y of a nearby quality served. One row a picture and target.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import mean

from tqdm import tqdm

import mezzotint
from mezzotint.bitstream import Limits
from mezzotint.bundle import default, resolve
from mezzotint.evaluate import images
from mezzotint.evaluate.codecs import Pixels
from mezzotint.runtime.latents import open_model
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.search import Found, find
from mezzotint.runtime.search.metrics import psnr
from mezzotint.runtime.targets import Target

REPEATS = 5
TILE_LOG2 = 10


@dataclass(frozen=True)
class Row:
    picture: str
    width: int
    height: int
    target_bytes: int
    reached_bytes: int
    share: float  # reached over target
    close: bool  # within 2 %; if not, the file is of quality 100
    quality: float
    encodes: int  # quantised and coded, the whole picture
    analyses: int  # analysed, the whole picture
    probes: int  # coded, a sample
    psnr: float  # dB
    plain_bytes: int  # of an encode at the same quality
    plain_psnr: float
    cpu_ratio: float  # of times: search over encode, one thread
    wall_ratio: float
    wall_ratio_2: float  # two threads
    encode_cpu_s: float
    model: str


def main() -> None:
    parser = argparse.ArgumentParser(description="Sizes and times of mzt encode --target-bytes")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of photos")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table, CSV")
    parser.add_argument("--bpp", type=float, nargs="+", default=[0.1, 0.25, 0.5, 1.0])
    arguments = parser.parse_args()

    paths = [path for folder in arguments.folders for path in images.find(folder)]
    rows = []
    for path in tqdm(paths):
        pixels = images.load(path)
        rows += [row(path.name, pixels, bpp) for bpp in arguments.bpp]
        write(arguments.output, rows)
    say(rows)


def row(name: str, pixels: Pixels, bpp: float) -> Row:
    height, width = pixels.shape[:2]
    target = int(bpp * height * width / 8)
    found = search(pixels, target)
    dial = 100 * (found.quality_index or 0) / 4095
    plain = mezzotint.encode(pixels, dial, threads=1)
    one, two = (times(pixels, target, dial, threads) for threads in (1, 2))
    return Row(
        picture=name,
        width=width,
        height=height,
        target_bytes=target,
        reached_bytes=len(found.data),
        share=round(len(found.data) / target, 4),
        close=found.close,
        quality=round(dial, 2),
        encodes=found.encodes,
        analyses=found.analyses,
        probes=found.probes,
        psnr=round(psnr(pixels, mezzotint.decode(found.data, threads=1), 255), 3),
        plain_bytes=len(plain),
        plain_psnr=round(psnr(pixels, mezzotint.decode(plain, threads=1), 255), 3),
        cpu_ratio=round(one[0][0] / one[1][0], 3),
        wall_ratio=round(one[0][1] / one[1][1], 3),
        wall_ratio_2=round(two[0][1] / two[1][1], 3),
        encode_cpu_s=round(one[1][0], 4),
        model=f"{resolve(None).card.name} {resolve(None).model_id.hex()}",
    )


def search(pixels: Pixels, target: int) -> Found:
    return find(from_array(pixels), Target("bytes", target), open_model(default(), 1), TILE_LOG2, Limits())


def times(pixels: Pixels, target: int, dial: float, threads: int) -> tuple[list[float], list[float]]:
    """[processor, wall] seconds of a search and of an encode."""
    searches, encodes = [], []
    for _ in range(REPEATS):
        searches.append(clocked(lambda: mezzotint.encode(pixels, target_bytes=target, threads=threads)))
        encodes.append(clocked(lambda: mezzotint.encode(pixels, dial, threads=threads)))
    return [min(column) for column in zip(*searches, strict=True)], [
        min(column) for column in zip(*encodes, strict=True)
    ]


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    processor, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


def write(path: Path, rows: list[Row]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def say(rows: list[Row]) -> None:
    near = [row for row in rows if row.close]
    print(f"{len(near)} of {len(rows)} within 2 %; the others are of quality 100")
    shares = [row.share for row in near]
    print(f"reached over target: {min(shares):.4f} to {max(shares):.4f}, {mean(shares):.4f} on average")
    for field in ("cpu_ratio", "wall_ratio", "wall_ratio_2"):
        found = [getattr(row, field) for row in near]
        print(f"{field}: {mean(found):.2f} on average, {max(found):.2f} at most")


if __name__ == "__main__":
    main()
