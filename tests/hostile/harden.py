# SPDX-License-Identifier: Apache-2.0
"""Every attack at its whole size: `make harden`, or for one row and fewer files

    python tests/hostile/harden.py --row 4 --share 0.1 --json harden.json

Writes what came of it with command, commit and processor; the exit status is 1 where anything was wrong. Rows that a
run leaves out keep their figures in an existing file. About four minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

from attacks import body_flips, bombs, header_flips, leak, repaired, splices, truncation
from attacks.files import ROOT, large, small
from tqdm import tqdm

from mezzotint.evaluate.machine import commit, processor

ROWS: dict[int, ModuleType] = {
    1: truncation,
    2: header_flips,
    3: body_flips,
    4: repaired,
    5: splices,
    7: bombs,
    28: leak,
}


def main() -> int:
    options = _options()
    small(), large()  # made first, as the memory for making them is not the decoder's
    target = Path(options.json)
    rows = json.loads(target.read_text("utf-8"))["rows"] if target.exists() else {}
    command = shlex.join(["python", "tests/hostile/harden.py", *sys.argv[1:]])
    for row in options.row or ROWS:
        rows[str(row)] = _figures(row, options.share, options.seed, command)
        ordered = dict(sorted(rows.items(), key=lambda item: int(item[0])))
        target.write_text(json.dumps({"rows": ordered}, indent=1) + "\n", "utf-8")
    print(f"{target}: {sum(figures['wrong'] for figures in rows.values())} wrong")
    return int(any(figures["wrong"] for figures in rows.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Attack the decoder at full size.")
    parser.add_argument(
        "--row", type=int, choices=ROWS, action="append", help="only this row; may come again"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the whole size of each row (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the random choices (0)")
    parser.add_argument("--json", default=str(ROOT / "results" / "hostile.json"), help="where figures go")
    return parser.parse_args()


def _figures(row: int, share: float, seed: int, command: str) -> dict[str, object]:
    """One row's outcome, the size that it was meant to have, and where it ran."""
    attack = ROWS[row]
    count = max(1, round(attack.WHOLE * share))
    name = attack.__name__.rpartition(".")[2]
    with tqdm(total=count, desc=f"row {row} {name}", unit="file") as bar:
        outcome = attack.attack(count, seed, bar.update)
    for fault in outcome.faults:
        print(f"row {row}: {fault}", file=sys.stderr)
    return {
        "attack": name,
        "whole_size": attack.WHOLE,
        "asked": count,
        **asdict(outcome),
        "command": command,
        "commit": commit(),
        "processor": processor(),
    }


if __name__ == "__main__":
    sys.exit(main())
