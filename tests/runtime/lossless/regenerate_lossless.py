# SPDX-License-Identifier: Apache-2.0
"""Golden tiles; `python tests/runtime/lossless/regenerate_lossless.py` rewrites them.

A file holds the chunks of one tile in hexadecimal, and the SHA-256 of its decoded samples, row by row, little-endian.
The pictures come from integer arithmetic (scenes.py), the chunks from the encoder, whose choices any decoder takes.
Trap: the golden files never follow a change of the code by themselves. Regenerate only when the format changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mezzotint.runtime.lossless import TABLES_ID, decode_tile, encode_tile
from mezzotint.runtime.lossless.encode import encode_lattice
from mezzotint.runtime.lossless.residuals import Setting

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "golden" / "lossless"


class Case(NamedTuple):
    about: str
    kind: str
    shape: tuple[int, ...]
    bit_depth: int
    max_error: int
    lattice: bool = True  # coded on it, whatever is smaller


CASES = {
    "photo": Case("A colour photo.", "photo", (61, 45, 3), 8, 0),
    "photo-grey": Case("A grey photo.", "photo", (70, 90), 8, 0),
    "photo-near-1": Case("Every sample within 1.", "photo", (45, 61, 3), 8, 1),
    "photo-near-7": Case("Every sample within 7, 12 bits.", "photo", (33, 40, 3), 12, 7),
    "photo-10": Case("10 bits.", "photo", (40, 33, 3), 10, 0),
    "photo-16": Case("16 bits, where low bits are coded plainly.", "photo", (30, 33, 3), 16, 0),
    "noise": Case("Nothing to predict.", "noise", (20, 21, 3), 8, 0),
    "extremes-16": Case("Largest differences.", "extremes", (30, 21), 16, 4095),
    "row": Case("One row: two phases are missing.", "photo", (1, 70, 3), 8, 0),
    "column": Case("One column.", "photo", (70, 1), 8, 0),
    "one": Case("One sample.", "noise", (1, 1), 8, 0),
    "palette": Case("A palette of five colours, packed.", "cards", (50, 60, 3), 8, 0, False),
    "bytes": Case("A palette whose indices are bytes.", "slope", (60, 70), 8, 0, False),
    "bits": Case("One bit.", "extremes", (30, 30), 1, 0, False),
    "slope": Case("Filtered rows.", "slope", (120, 90, 3), 8, 0, False),
    "slope-16": Case("Filtered rows of 16 bits.", "slope", (120, 90, 3), 16, 0, False),
}


def digest(samples: np.ndarray) -> str:
    return hashlib.sha256(samples.astype(samples.dtype.newbyteorder("<")).tobytes()).hexdigest()


def document(name: str) -> str:
    case = CASES[name]
    spec = importlib.util.spec_from_file_location("scenes", HERE / "scenes.py")
    assert spec is not None and spec.loader is not None
    scenes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scenes)
    pixels = scenes.make(case.kind, case.shape, case.bit_depth)
    if case.lattice:
        chunks = encode_lattice(pixels, Setting(case.bit_depth, case.max_error))
    else:
        chunks = encode_tile(pixels, case.bit_depth, case.max_error)
    samples = decode_tile(chunks, case.shape, case.bit_depth, case.max_error)
    rows = {
        **case._asdict(),
        "tables": TABLES_ID.hex(),
        "samples": digest(samples),
        "chunks": [chunk.hex() for chunk in chunks],
    }
    return "{" + ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()) + "}\n"


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for old in GOLDEN.glob("*.json"):
        old.unlink()
    for name in CASES:
        (GOLDEN / f"{name}.json").write_text(document(name), "ascii")
    print(f"{len(CASES)} golden tiles")


if __name__ == "__main__":
    main()
