# SPDX-License-Identifier: Apache-2.0
"""`make demo`: encode and decode the photos in examples/, beside JPEG, WebP and AVIF at the nearest size.

Prints a table and writes demo-output/side-by-side.png: every photo with a detail enlarged, for each codec at one size.
Times are medians of three calls on --threads threads; `make bench` measures speed with care.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tqdm import tqdm

from mezzotint.evaluate import codecs, images
from mezzotint.evaluate.codecs import Codec, Pixels
from mezzotint.evaluate.metrics import psnr
from mezzotint.evaluate.speed.nearest import nearest
from sheet import Panel, draw

ROOT = Path(__file__).resolve().parent.parent
SHOWN = {  # id and settings -> title; ours first
    ("mezzotint", "default"): "Mezzotint",
    ("jpeg", "optimize, 4:2:0"): "JPEG optimize 4:2:0",
    ("webp", "method 6"): "WebP method 6",
    ("avif", "speed 6, 4:2:0"): "AVIF speed 6 4:2:0",
}


@dataclass(frozen=True)
class Row:
    photo: str
    codec: str
    quality: float
    size: int  # bytes
    bpp: float
    psnr: float  # dB
    encode: float  # seconds
    decode: float
    pixels: Pixels  # what came back


def main() -> None:
    parser = argparse.ArgumentParser(description="Mezzotint beside JPEG, WebP and AVIF on a few photos")
    parser.add_argument("--photos", type=Path, default=ROOT / "examples", help="folder of photos")
    parser.add_argument("--qualities", type=float, nargs="+", default=[20, 45, 70])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("demo-output/side-by-side.png"))
    arguments = parser.parse_args()

    photos = {path.stem: images.load(path) for path in images.find(arguments.photos)}
    rows = measure(photos, arguments.qualities, arguments.threads)
    print_table(rows)

    shown = min(arguments.qualities)  # where codecs differ most to the eye
    panels = [[original(name, pixels), *at_quality(rows, name, shown)] for name, pixels in photos.items()]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    draw(panels).save(arguments.output)
    print(f"\nside by side at quality {shown:g}: {arguments.output}")


def measure(photos: dict[str, Pixels], qualities: list[float], threads: int) -> list[Row]:
    """Rows in the order of the table: photo, quality, ours first and then the rivals at the nearest size."""
    (ours, *rivals), rows = shown_codecs(), []
    first = next(iter(photos.values()))
    ours.decode(ours.encode(first[:64, :64], 50, threads), threads)  # load the networks before any clock runs
    with tqdm(total=len(photos) * len(qualities) * len(SHOWN), desc="demo", unit="file", leave=False) as bar:
        for name, pixels in photos.items():
            for quality in qualities:
                row = once(ours, name, pixels, quality, threads)
                rows.append(row)
                bar.update()
                for rival in rivals:
                    setting, _ = nearest(rival, pixels, row.size, threads)
                    rows.append(once(rival, name, pixels, setting, threads))
                    bar.update()
    return rows


def shown_codecs() -> list[Codec]:
    """Those of SHOWN, in its order; a Pillow that lacks one of them ends the demo with a line that says so."""
    found, missing = codecs.available([name for name, _ in SHOWN], None)
    by_key = {(codec.id, codec.settings): codec for codec in found}
    if not SHOWN.keys() <= by_key.keys():
        raise SystemExit("\n".join(missing))
    return [by_key[key] for key in SHOWN]


def once(codec: Codec, photo: str, pixels: Pixels, quality: float, threads: int) -> Row:
    """Times are medians of three, so that one hiccup of the machine does not decide."""
    encoding, decoding = [], []
    for _ in range(3):
        start = time.perf_counter()
        data = codec.encode(pixels, quality, threads)
        middle = time.perf_counter()
        back = codec.decode(data, threads)
        encoding.append(middle - start)
        decoding.append(time.perf_counter() - middle)
    bpp = 8 * len(data) / (pixels.shape[0] * pixels.shape[1])
    times = median(encoding), median(decoding)
    return Row(
        photo, SHOWN[codec.id, codec.settings], quality, len(data), bpp, psnr(pixels, back), *times, back
    )


def print_table(rows: list[Row]) -> None:
    names = ("quality", "bytes", "bpp", "PSNR dB", "encode ms", "decode ms")
    print(f"{'photo':<10} {'codec':<20}" + "".join(f" {name:>9}" for name in names))
    for index, row in enumerate(rows):
        if index and index % len(SHOWN) == 0:
            print()
        print(
            f"{row.photo:<10} {row.codec:<20} {row.quality:>9g} {row.size:>9,} {row.bpp:>9.3f} {row.psnr:>9.2f} "
            f"{1000 * row.encode:>9.1f} {1000 * row.decode:>9.1f}"
        )


def original(name: str, pixels: Pixels) -> Panel:
    height, width = pixels.shape[:2]
    return Panel(f"{name}, original", f"{width}x{height}, {pixels.size:,} bytes of pixels", pixels)


def at_quality(rows: list[Row], photo: str, quality: float) -> list[Panel]:
    """The panels of one photo: ours at this quality, and the rivals that follow it."""
    start = next(
        i for i, r in enumerate(rows) if (r.photo, r.codec, r.quality) == (photo, "Mezzotint", quality)
    )
    return [
        Panel(row.codec, f"{row.size:,} bytes, {row.bpp:.3f} bpp, {row.psnr:.2f} dB", row.pixels)
        for row in rows[start : start + len(SHOWN)]
    ]


if __name__ == "__main__":
    main()
