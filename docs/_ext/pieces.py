# SPDX-License-Identifier: Apache-2.0
"""What pictures at 1/8 and regions take, from results/parts.json; a line where that is missing."""

from __future__ import annotations

import json
from typing import Any

from grid import table
from rivals import RESULTS

FILE = RESULTS / "parts.json"


def markdown() -> str:
    """A row a size and number of threads, and a sentence on regions."""
    if not FILE.exists():
        return "Parts of pictures are still to be measured in `results/`.\n"
    rows = json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    head = ("picture", "threads", "whole, s", "at 1/8, s", "times faster")
    regions = [each for row in rows if row["threads"] == 1 for each in row.get("region_512_s", [])]
    said = f"{min(regions):.2f} to {max(regions):.2f} s" if regions else "not measured"
    sizes = table(head, map(_cells, rows), right=range(1, 5))
    return f"{sizes}\nA region of 512x512 out of the largest, on one thread: {said}.\n"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    seconds = (f"{row[key]:.3f}" if row[key] < 1 else f"{row[key]:.1f}" for key in ("decode_s", "eighth_s"))
    return (
        f"{row['width']}x{row['height']}",
        str(row["threads"]),
        *seconds,
        f"{row['eighth_times_faster']:.1f}",
    )
