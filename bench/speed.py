# SPDX-License-Identifier: Apache-2.0
"""`make bench`: speed of coding beside JPEG, WebP and AVIF, of entropy coding, start-up time, and peak memory.

Everything is a median with its quartiles, every table beside its rivals in the same run; compare ratios, not machines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import mezzotint
from machine import facts
from pictures import kodak_sized, large
from process import mzt, run

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and memory of Mezzotint beside JPEG, WebP and AVIF")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=9, help="turns of each measurement")
    parser.add_argument("--quality", type=float, default=50, help="ours; rivals run at the same file size")
    parser.add_argument("--photos", type=Path, default=EXAMPLES, help="folder of photos to cut pictures from")
    parser.add_argument("--model", help="model bundle instead of the default one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")
    arguments = parser.parse_args()

    result: dict[str, Any] = {"about": facts(arguments.model), "coding": [], "processes": []}
    for threads in arguments.threads:
        result["coding"] += summaries(coding(arguments, threads))
        print_rows(f"coding, MP/s on {threads} threads", result["coding"], threads)
    print("\nentropy coding", flush=True)
    result["entropy"] = entropy()
    print()
    for row in processes(arguments):
        result["processes"].append(row)
        print(
            f"mzt {row['verb']} of {row['pictures']}, process included: {row['seconds']['median']:.3f} s "
            f"({row['seconds']['low']:.3f}..{row['seconds']['high']:.3f}), peak {row['peak_mib']:.0f} MiB"
        )
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


def coding(arguments: argparse.Namespace, threads: int) -> list[dict[str, Any]]:
    """The rows of throughput.py, run in a process of its own so that thread counts hold."""
    command = [sys.executable, str(HERE / "throughput.py"), "--threads", str(threads)]
    command += ["--repeat", str(arguments.repeat), "--quality", str(arguments.quality)]
    command += ["--photos", str(arguments.photos)]
    command += ["--model", arguments.model] if arguments.model else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def summaries(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "mp_per_s": spread(row["mp_per_s"])} for row in rows]


def spread(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75])
    return {"median": round(float(median), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def print_rows(title: str, rows: list[dict[str, Any]], threads: int) -> None:
    print(f"\n{title}\n{'pictures':<10} {'codec':<20} {'encode':>24} {'decode':>24}")
    cells = {(r["pictures"], r["codec"], r["side"]): r["mp_per_s"] for r in rows if r["threads"] == threads}
    for pictures, codec in dict.fromkeys((pictures, codec) for pictures, codec, _ in cells):
        shown = [cells[pictures, codec, side] for side in ("encode", "decode")]
        texts = [f"{s['median']:8.2f} ({s['low']:.2f}..{s['high']:.2f})" for s in shown]
        print(f"{pictures:<10} {codec:<20} " + " ".join(f"{text:>24}" for text in texts))


def entropy() -> dict[str, Any]:
    """What entropy.py writes; it prints its own table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entropy.json"
        subprocess.run([sys.executable, str(HERE / "entropy.py"), "--json", str(path)], check=True)
        numbers: dict[str, Any] = json.loads(path.read_text())
    return numbers


def processes(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Whole commands: start-up, model loading and file writing included, on the most threads asked for."""
    threads = max(arguments.threads)
    options = ["--force", "--quiet", "--threads", str(threads)]
    options += ["--model", arguments.model] if arguments.model else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pixels in (kodak_sized(arguments.photos, 1)[0], large(arguments.photos)):
            pictures = f"{pixels.shape[1]}x{pixels.shape[0]}"
            photo, coded, back = folder / "photo.png", folder / "photo.mzt", folder / "back.ppm"
            Image.fromarray(pixels).save(photo)
            coded.write_bytes(mezzotint.encode(pixels, arguments.quality, model=arguments.model))
            for verb, source, target in (("encode", photo, coded), ("decode", coded, back)):
                command = [*mzt(), verb, str(source), str(target), *options]
                run(command, threads)  # warms the disk's cache
                costs = [run(command, threads) for _ in range(arguments.repeat)]
                yield {
                    "verb": verb,
                    "pictures": pictures,
                    "threads": threads,
                    "seconds": spread([cost.seconds for cost in costs]),
                    "peak_mib": round(max(cost.peak_mib for cost in costs), 1),
                }


if __name__ == "__main__":
    main()
