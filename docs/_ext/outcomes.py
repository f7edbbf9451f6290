# SPDX-License-Identifier: Apache-2.0
"""What every row of attacks came to, from results/hostile.json, and how much of it `make test` repeats."""

from __future__ import annotations

import json
from typing import Any

from rivals import RESULTS

WHAT = {
    1: "cut off at every byte",
    2: "bits of the header flipped",
    3: "bits behind it flipped",
    4: "bits flipped, checksums repaired; half with the coder's check off",
    5: "bytes and chunks moved, lost, doubled; golden files to refuse",
    7: "small files that declare large things",
    8: "limits, at and beside each",
    9: "memory against the formula",
    10: "every size to 70x70, and long ones",
    11: "modes of pictures in every format",
    12: "metadata and orientation",
    13: "coded with one runtime, decoded with another",
    14: "sums of the integer layers",
    15: "golden files",
    16: "a second decoder",
    17: "damaged model files",
    18: "a strange model, or none",
    19: "a job killed again and again",
    20: "full disks, missing rights, odd names",
    22: "threads and processes at once",
    26: "a decoder stopped by the system",
    27: "a fresh environment of each Python",
    28: "memory after thousands of rounds",
    29: "damaged files salvaged",
}

# What `make test` tries of each (tests/hostile/test_*.py); 27 is `make test-wheel` for one Python.
PART = {
    1: "10,000",
    2: "8,000",
    3: "5,000",
    4: "2,000",
    5: "2,573",
    7: "all",
    8: "all",
    9: "8",
    10: "60",
    11: "all",
    12: "all",
    13: "6 files",
    14: "40",
    15: "all",
    16: "all",
    17: "300",
    18: "120",
    19: "1 kill, 100 pictures",
    20: "all",
    22: "64",
    26: "5",
    27: "one Python",
    28: "300",
    29: "150",
}


def markdown() -> str:
    """The table; peak memory is what was used beyond what stood there before."""
    rows: dict[str, dict[str, Any]] = json.loads((RESULTS / "hostile.json").read_text("utf-8"))["rows"]
    lines = [
        "| row | attack | tried | refused | wrong | slowest | peak memory | in `make test` |",
        "| --: | --- | --: | --: | --: | --: | --: | --- |",
    ]
    for number, figures in sorted(rows.items(), key=lambda item: int(item[0])):
        lines.append(f"| {number} | {WHAT[int(number)]} | {_shown(figures)} | {PART[int(number)]} |")
    left_out = [
        f"row {number}: {why}" for number, figures in rows.items() for why in figures.get("left_out", ())
    ]
    told = f"\nLeft out where it ran: {'; '.join(left_out)}.\n" if left_out else ""
    return "\n".join(lines) + "\n" + told


def _shown(figures: dict[str, Any]) -> str:
    peak = figures["peak_bytes"]
    memory = "" if peak is None else f"{peak / 1e6:,.1f} MB"
    slowest = figures["slowest_s"]
    time = f"{1000 * slowest:.1f} ms" if slowest < 1 else f"{slowest:.1f} s"
    return f"{figures['tried']:,} | {figures['refused']:,} | {figures['wrong']:,} | {time} | {memory}"
