# SPDX-License-Identifier: Apache-2.0
"""Megapixels a second of every codec at one thread count, all in one process, taking turns. Run by speed.py.

The process is pinned to as many processors as threads are asked for, before numpy starts its own, so that no codec gets
help that was not counted. Turns are taken call by call, so that a slow second of the machine hits all codecs alike, and
each call waits until the threads of the one before have stopped spinning. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

SETTLE = 0.02  # seconds
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repeat", type=int, required=True)
    parser.add_argument("--quality", type=float, required=True)
    parser.add_argument("--photos", type=Path, default=EXAMPLES)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    pin(arguments.threads)
    print(json.dumps(measure(arguments)))


def pin(threads: int) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def measure(arguments: argparse.Namespace) -> list[dict[str, object]]:
    from tqdm import tqdm

    from pictures import kodak_sized, large
    from rivals import AVIF, JPEG, WEBP, Codec, Mezzotint, Pixels, nearest

    ours, threads = Mezzotint(model=arguments.model), arguments.threads
    codecs: tuple[Codec, ...] = (ours, JPEG, WEBP, AVIF)
    sets: dict[str, list[Pixels]] = {
        "768x512": kodak_sized(arguments.photos),
        "2304x1536": [large(arguments.photos)],
    }
    rows: list[dict[str, object]] = []
    for name, photos in sets.items():
        megapixels = sum(photo.shape[0] * photo.shape[1] for photo in photos) / 1e6
        qualities: dict[str, list[float]] = {codec.name: [] for codec in codecs}
        for photo in photos:  # rivals are measured at our size; this warms everything up as well
            size = len(ours.encode(photo, arguments.quality, threads))
            qualities[ours.name].append(arguments.quality)
            for rival in codecs[1:]:
                qualities[rival.name].append(nearest(rival, photo, size, threads)[0])
        seconds: dict[tuple[str, str], list[float]] = {}
        for _ in tqdm(range(arguments.repeat), desc=f"{name}, {threads} threads", leave=False):
            for codec in codecs:
                spent = {"encode": 0.0, "decode": 0.0}
                for photo, quality in zip(photos, qualities[codec.name], strict=True):
                    time.sleep(SETTLE)
                    start = time.perf_counter()
                    data = codec.encode(photo, quality, threads)
                    spent["encode"] += time.perf_counter() - start
                    time.sleep(SETTLE)
                    start = time.perf_counter()
                    codec.decode(data, threads)
                    spent["decode"] += time.perf_counter() - start
                for side, duration in spent.items():
                    seconds.setdefault((codec.name, side), []).append(duration)
        for (codec_name, side), durations in seconds.items():
            rates = [megapixels / duration for duration in durations]
            rows.append(
                {"pictures": name, "threads": threads, "codec": codec_name, "side": side, "mp_per_s": rates}
            )
    return rows


if __name__ == "__main__":
    main()
