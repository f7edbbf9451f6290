# SPDX-License-Identifier: Apache-2.0
"""Every attack at its whole size: `make harden`, or for some rows and fewer cases

    python tests/hostile/harden.py --row 4 --row 17 --share 0.1 --json harden.json

Writes what came of it with command, commit and processor; the exit status is 1 where anything was wrong. Rows that a
run leaves out keep their figures in an existing file. Most rows take seconds to minutes on one core; those in SLOW take
longer, and `--quick` leaves them out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from attacks import (
    accumulators,
    body_flips,
    bombs,
    bundles,
    concurrency,
    footprint,
    header_flips,
    install,
    isolation,
    kills,
    leak,
    limits,
    repaired,
    runtimes,
    salvaged,
    sizes,
    splices,
    strangers,
    suites,
    truncation,
)
from attacks.files import ROOT, large, small
from attacks.trial import Outcome
from tqdm import tqdm

from mezzotint.evaluate.machine import commit, processor


class Attack(Protocol):
    """A module of attacks, or a `Suite`."""

    WHOLE: int  # its stated size

    def attack(self, count: int, seed: int, tick: Callable[[], object]) -> Outcome: ...


ROWS: dict[int, tuple[str, Attack]] = {
    1: ("truncation", truncation),
    2: ("header flips", header_flips),
    3: ("body flips", body_flips),
    4: ("repaired", repaired),
    5: ("splices", splices),
    7: ("bombs", bombs),
    8: ("limits", limits),
    9: ("footprint", footprint),
    10: ("sizes", sizes),
    11: ("modes", suites.modes),
    12: ("metadata", suites.metadata),
    13: ("runtimes", runtimes),
    14: ("accumulators", accumulators),
    15: ("golden files", suites.golden),
    16: ("second decoder", suites.second),
    17: ("bundles", bundles),
    18: ("strangers", strangers),
    19: ("kills", kills),
    20: ("bad world", suites.bad_world),
    22: ("concurrency", concurrency),
    26: ("isolation", isolation),
    27: ("install", install),
    28: ("leak", leak),
    29: ("salvaged", salvaged),  # not of the table: what is left of damaged files
}
SLOW = {9, 13, 19, 20, 22, 27}


def main() -> int:
    options = _options()
    small(), large()  # made first, as the memory for making them is not the decoder's
    target = Path(options.json)
    rows = json.loads(target.read_text("utf-8"))["rows"] if target.exists() else {}
    for row in options.row or [row for row in ROWS if not (options.quick and row in SLOW)]:
        rows[str(row)] = _figures(row, options.share, options.seed)
        ordered = dict(sorted(rows.items(), key=lambda item: int(item[0])))
        target.write_text(json.dumps({"rows": ordered}, indent=1) + "\n", "utf-8")
    print(f"{target}: {sum(figures['wrong'] for figures in rows.values())} wrong")
    return int(any(figures["wrong"] for figures in rows.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Attack the codec at full size.")
    parser.add_argument(
        "--row", type=int, choices=ROWS, action="append", help="only this row; may come again"
    )
    parser.add_argument("--quick", action="store_true", help="leave out the rows that take long")
    parser.add_argument("--share", type=float, default=1.0, help="of the whole size of each row (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the random choices (0)")
    parser.add_argument("--json", default=str(ROOT / "results" / "hostile.json"), help="where figures go")
    return parser.parse_args()


def _command(row: int, share: float, seed: int) -> str:
    """What makes one row again, wherever its figures went."""
    options = (("--share", share, 1.0), ("--seed", seed, 0))
    return f"python tests/hostile/harden.py --row {row}" + "".join(
        f" {name} {value:g}" for name, value, usual in options if value != usual
    )


def _figures(row: int, share: float, seed: int) -> dict[str, object]:
    """One row's outcome, the size that it was meant to have, and where it ran."""
    name, attack = ROWS[row]
    whole = attack.WHOLE
    count = max(1, round(whole * share))
    start = time.perf_counter()
    with tqdm(total=count, desc=f"row {row} {name}", unit="case") as bar:
        outcome = attack.attack(count, seed, bar.update)
    for fault in outcome.faults:
        print(f"row {row}: {fault}", file=sys.stderr)
    return {
        "attack": name,
        "whole_size": whole,
        "asked": count,
        **asdict(outcome),
        "seconds": round(time.perf_counter() - start, 1),
        "command": _command(row, share, seed),
        "commit": commit(),
        "processor": processor(),
    }


if __name__ == "__main__":
    sys.exit(main())
