# SPDX-License-Identifier: Apache-2.0
"""One setting of row 13 at work, in a process of its own: `python -m attacks.machines.child JOB.json`.

Encoding gives files and the hashes of their integers as this process found them; decoding gives hashes of the integers
that it reads, and pixels of the first files. A network has run before any integer is read: what a runtime does to the
processor's modes (denormals, rounding) is there then.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from attacks.machines import coder
from attacks.machines.seen import blas_threads, seen
from attacks.machines.sessions import ModelElsewhere
from mezzotint.bitstream import read, write
from mezzotint.bundle import default
from mezzotint.runtime.decode import decode_picture, read_latents
from mezzotint.runtime.encode import encode_picture
from mezzotint.runtime.latents import TileLatents, digest
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.steady import Watch, steadied
from mezzotint.runtime.tiles import Rect

Job = dict[str, Any]


def main(path: Path) -> None:
    job: Job = json.loads(path.read_text("ascii"))
    if find_spec("constriction") is None:
        coder.install()
    blas_threads(job["threads"])
    model = ModelElsewhere(default(), job["runtime"], job["threads"])
    answer = {"encode": encode, "decode": decode}[job["work"]](job, model, path)
    answer["seen"] = seen(job["runtime"], model.session("dequantise"))
    path.with_suffix(".out").write_text(json.dumps(answer), "ascii")


def encode(job: Job, model: ModelElsewhere, path: Path) -> Job:
    """[file in base64, hash of its integers], as many as asked for."""
    pictures = np.load(path.with_name("pictures.npz"))
    found, hashes = [], []

    for picture, quality, tile_log2 in job["files"]:
        pixels = Picture(pictures[str(picture)])
        kept = Kept(pixels, model)
        container = encode_picture(pixels, quality, model, tile_log2, watch=kept)
        data = write(steadied(container, pixels, kept, model))
        hashes.append(one_hash(kept.latents.values()))
        found.append(base64.b64encode(data).decode())
    return {"files": list(zip(found, hashes, strict=True))}


class Kept(Watch):
    """Keeps the integers of every tile as they were last coded."""

    def __init__(self, picture: Picture, model: ModelElsewhere) -> None:
        super().__init__(picture, model)
        self.latents: dict[Rect, TileLatents] = {}

    def __call__(self, tile: Rect, latents: TileLatents) -> None:
        super().__call__(tile, latents)
        self.latents[tile] = latents


def decode(job: Job, model: ModelElsewhere, path: Path) -> Job:
    """Hashes of the integers of the files to read, or an error; pixels of some of them into a file beside."""
    streams = json.loads(path.with_name("streams.json").read_text("ascii"))
    wanted, hashes, slowest = set(job["pixels"]), [], 0.0
    pixels: dict[str, Any] = {}
    for number in job["reads"]:
        start, data = perf_counter(), base64.b64decode(streams[number])
        try:
            if number in wanted:
                pixels[str(number)] = decode_picture(read(data), model).colour
            hashes.append(one_hash(read_latents(read(data), model.bundle)))
        except Exception as error:  # counted as wrong by whoever compares
            hashes.append(f"{type(error).__name__}: {error}")
        if len(hashes) > 1:  # the first one makes the sessions
            slowest = max(slowest, perf_counter() - start)
    np.savez(path.with_suffix(".npz"), **pixels)
    return {"hashes": hashes, "slowest_s": slowest}


def one_hash(tiles: Iterable[TileLatents]) -> str:
    """SHA-256 over z_hat, indices and symbols of all tiles."""
    whole = hashlib.sha256()
    for tile in tiles:
        found = digest(tile)
        whole.update(f"{found.z_hat} {found.indices} {found.symbols}\n".encode())
    return whole.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
