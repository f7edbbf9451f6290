# SPDX-License-Identifier: Apache-2.0
"""Lossless coding beside others on the Kodak images, from results/lossless.csv; a line where that is missing."""

from __future__ import annotations

import csv

from grid import table
from rivals import RESULTS, speed

FILE = RESULTS / "lossless.csv"
_NAMES = {"mezzotint": "**Mezzotint**", "jxl": "JPEG XL", "webp": "WebP", "png": "PNG"}
_SPEEDS = ("encode_mp_s", "decode_mp_s")


def markdown() -> str:
    """A row a codec, the smallest first."""
    if not FILE.exists():
        return "Lossless coding is still to be measured in `results/`.\n"
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["bytes"]))
    head = ("codec", "bits a pixel", "against PNG", "encode MP/s", "decode MP/s")
    return table(head, [_cells(row) for row in rows], right=range(1, 5))


def _cells(row: dict[str, str]) -> tuple[str, ...]:
    codec, _, setting = row["codec"].partition(" ")
    name = _NAMES.get(codec, codec) + (f" ({setting})" if setting else "")
    speeds = (speed(float(row[side])) for side in _SPEEDS)
    return (name, f"{float(row['bpp']):.2f}", f"{float(row['against_png']):+.1f} %", *speeds)
