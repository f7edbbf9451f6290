# SPDX-License-Identifier: Apache-2.0
"""Rate and distortion over a folder of pictures: whole files, decoded 8-bit pixels, PSNR over RGB.

    python bench/kodak.py FOLDER --csv results/kodak.csv --json results/kodak.json

FOLDER holds the 24 Kodak images (or others) as PNG; they are not part of this repository. Each measurement is a row of
the CSV as soon as it is made, so an interrupted run goes on where it stopped. Rows belong to a model: another one is
measured anew. Curves are means over all pictures at each quality; BD-rates come from those curves, and per picture from
its own. The times in the CSV say which codec is slow, no more: bench/speed.py measures speed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from machine import facts
from measurements import Row, Rows, measure
from mezzotint.bundle import resolve
from mezzotint.errors import MezzotintError
from mezzotint.evaluate import bd_rate
from pictures import load, paths
from rivals import AVIF, AVIF_444, JPEG, WEBP, Codec, Mezzotint

QUALITIES: dict[str, list[float]] = {
    "Mezzotint": [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    JPEG.name: [5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 95],
    WEBP.name: [1, 5, 10, 20, 35, 50, 65, 80, 90, 95],
    AVIF.name: [10, 20, 30, 40, 50, 60, 70, 80, 90],
    AVIF_444.name: [10, 20, 30, 40, 50, 60, 70, 80, 90],
}
WORST = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of pictures")
    parser.add_argument("--csv", type=Path, default=Path("results/kodak.csv"), help="rows, kept and resumed")
    parser.add_argument("--json", type=Path, help="write curves and BD-rates to this file")
    parser.add_argument("--plot", type=Path, help="draw the curves into this PNG")
    parser.add_argument("--model", help="model bundle instead of the default one")
    parser.add_argument("--slow", action="store_true", help="AVIF speed 4 4:4:4 too")
    parser.add_argument("--qualities", type=float, nargs="+", help="ours, instead of steps of 10")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    rivals: list[Codec] = [JPEG, WEBP, AVIF, *([AVIF_444] if arguments.slow else [])]
    codecs = {codec.name: codec for codec in [Mezzotint(model=arguments.model), *rivals]}
    sweep = {name: QUALITIES[name] for name in codecs}
    sweep["Mezzotint"] = arguments.qualities or sweep["Mezzotint"]
    model = resolve(arguments.model).model_id.hex()
    rows = run(codecs, sweep, paths(arguments.folder), model, arguments.csv, arguments.threads)

    curves = {name: curve([row for row in rows if row.codec == name]) for name in codecs}
    rates = {name: {anchor: rate(curves[anchor], curves[name]) for anchor in codecs} for name in codecs}
    by_picture = per_picture(rows, JPEG.name)
    print_all(curves, rates, by_picture)
    if arguments.json:
        document = {
            "about": facts(arguments.model) | {"pictures": str(len({row.picture for row in rows}))},
            "curves": {
                name: [dict(zip(("bpp", "psnr"), p, strict=True)) for p in c] for name, c in curves.items()
            },
            "bd_rate_percent": rates,
            f"bd_rate_percent_by_picture_against_{JPEG.name}": by_picture,
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")
    if arguments.plot:
        plot(curves, arguments.plot)


def run(
    codecs: dict[str, Codec],
    sweep: dict[str, list[float]],
    pictures: list[Path],
    model: str,
    table: Path,
    threads: int,
) -> list[Row]:
    """All rows of the sweep, from the CSV where they are there already."""
    known = Rows(table)
    wanted = [(path, name, quality) for path in pictures for name in codecs for quality in sweep[name]]
    found = []
    with tqdm(wanted, desc="rate and distortion", unit="file") as bar:
        for path, name, quality in bar:
            bar.set_postfix_str(f"{path.stem} {name} {quality:g}", refresh=False)
            key = (name, quality, path.stem, model if name == "Mezzotint" else "")
            if key not in known:
                known.add(measure(codecs[name], key, load(path), threads))
            found.append(known[key])
    return found


def curve(rows: list[Row]) -> list[tuple[float, float]]:
    """(mean bpp, mean PSNR) at each quality, by rising rate."""
    points = []
    for quality in {row.quality for row in rows}:
        here = [row for row in rows if row.quality == quality]
        points.append((sum(row.bpp for row in here) / len(here), sum(row.psnr for row in here) / len(here)))
    return sorted(points)


def rate(anchor: list[tuple[float, float]], candidate: list[tuple[float, float]]) -> float | None:
    """BD-rate in percent; None where the curves do not overlap."""
    try:
        return round(bd_rate(anchor, candidate), 3)
    except MezzotintError:
        return None


def per_picture(rows: list[Row], anchor: str) -> dict[str, float | None]:
    """Ours against one rival for each picture, the worst first."""
    rates = {}
    for name in sorted({row.picture for row in rows}):
        curves = [
            [(row.bpp, row.psnr) for row in rows if (row.picture, row.codec) == (name, codec)]
            for codec in (anchor, "Mezzotint")
        ]
        rates[name] = rate(*curves)
    return dict(sorted(rates.items(), key=lambda item: -(item[1] if item[1] is not None else 1e9)))


def print_all(curves: dict[str, Any], rates: dict[str, Any], by_picture: dict[str, float | None]) -> None:
    for name, points in curves.items():
        print(f"\n{name}\n" + "  ".join(f"{bpp:.3f} bpp {psnr:.2f} dB" for bpp, psnr in points))
    print("\nBD-rate in percent, of the row against the column (negative: fewer bits at equal PSNR)")
    print(" " * 20 + "".join(f"{name:>20}" for name in curves))
    for name, row in rates.items():
        cells = ("-" if value is None else f"{value:+.1f}" for value in row.values())
        print(f"{name:<20}" + "".join(f"{cell:>20}" for cell in cells))
    worst = list(by_picture.items())[:WORST]
    print(f"\nworst {len(worst)} pictures against {JPEG.name}:")
    for name, value in worst:
        print(f"  {name}: " + ("no overlap" if value is None else f"{value:+.1f} %"))


def plot(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 6))
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xlabel="bits per pixel", ylabel="PSNR over RGB, dB", xlim=(0, 2.5))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    main()
