# SPDX-License-Identifier: Apache-2.0
"""How near `--target-bytes` comes to its target on Kodak, and how long it takes, from results/targets.csv."""

from __future__ import annotations

import csv
from statistics import median

from rivals import RESULTS


def markdown() -> str:
    """One sentence."""
    with (RESULTS / "targets.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    below = [100 * (1 - float(row["share"])) for row in rows]
    times = [float(row["cpu_ratio"]) for row in rows]
    return (
        f"Measured on {len(rows)} pairs of a Kodak image and a size: in the median {median(below):.1f} % below "
        f"the target, {max(below):.1f} % at most and {min(below):.2f} % at least; in {median(times):.1f} times "
        f"the processor time of one encode, {max(times):.1f} at most.\n"
    )
