# SPDX-License-Identifier: Apache-2.0
"""Row 13: files that are encoded on one runtime, number of threads and vector extension, and decoded on another.

The integers must be the same in every file of every pair, as no float has a say in them; the pixels come out of float
networks and may differ by one step in less than one of 5,000 samples. A run writes the table of all pairs to
results/runtimes.json, where none of more files has written before. Trap: a setting that is missing here is left out,
which is no pass: `left_out` tells.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attacks.files import ROOT
from attacks.machines.pairs import COLUMNS, Pair, Setup, compare
from attacks.machines.pictures import PICTURES, QUALITIES, files
from attacks.machines.settings import Setting, settings
from attacks.machines.work import Progress, Work
from attacks.trial import SHOWN, Outcome, nothing
from mezzotint.evaluate.machine import commit, processor

WHOLE = PICTURES * len(QUALITIES)
REPORT = ROOT / "results" / "runtimes.json"


def attack(
    count: int,
    seed: int,
    tick: Callable[[], object] = nothing,
    chosen: Sequence[Setting] | None = None,
) -> Outcome:
    """`count` files; `tried` and `wrong` count pairs. Settings are all that can be had here unless chosen.

    One chosen twice runs once: what its processes write goes by its name.
    """
    found, left_out = settings() if chosen is None else (list(dict.fromkeys(chosen)), [])
    with TemporaryDirectory() as folder:
        wanted, progress = files(count, seed), Progress(tick, count, 2 * len(found))
        setups = Work(Path(folder), found, wanted, progress).run()
    pairs = compare(setups)
    if chosen is None and count >= _reported():
        REPORT.write_text(report(count, setups, pairs, left_out), "utf-8")
    faults = [f"{pair.encoded_on} -> {pair.decoded_on}: {pair.fault}" for pair in pairs if pair.fault]
    slowest = max((setup.slowest_s for setup in setups if not setup.emulated), default=0.0)
    return Outcome(len(pairs), 0, len(faults), slowest, None, 0.0, tuple(faults[:SHOWN]), tuple(left_out))


def _reported() -> int:
    """Files of the report that is there: a smaller part does not replace it."""
    return int(json.loads(REPORT.read_text("utf-8"))["files"]) if REPORT.exists() else 0


def report(count: int, setups: Sequence[Setup], pairs: Sequence[Pair], left_out: Sequence[str]) -> str:
    """All figures as JSON, one pair a line."""
    head = {
        "about": "Encoded on A, decoded on B; pixels of B against those of A (tests/hostile/attacks/runtimes.py).",
        "command": "MZT_AARCH64_ROOT=FOLDER python tests/hostile/harden.py --row 13",
        "commit": commit(),
        "processor": processor(),
        "files": count,
        "of": WHOLE,
        "pairs": len(pairs),
        "wrong": sum(bool(pair.fault) for pair in pairs),
        "left_out": list(left_out),
        "settings": [about(setup, setups[0]) for setup in setups],
        "columns": list(COLUMNS),
    }
    rows = ",\n".join(f"  {json.dumps(pair.row)}" for pair in pairs)
    return json.dumps(head, indent=1)[:-2] + f',\n "rows": [\n{rows}\n ]\n}}\n'


def about(setup: Setup, first: Setup) -> dict[str, Any]:
    """One setting; how often it wrote another file than the first one shows what floats do to the encoder."""
    other = sum(mine != its for mine, its in zip(setup.streams, first.streams, strict=False))
    return {
        "name": setup.name,
        "files_encoded": len(setup.streams),
        "files_unlike_those_of_the_first": other,
        "files_whose_latents_were_read": len(setup.decoded),
        "files_whose_pixels_were_decoded": len(setup.pixels),
        "slowest_s": round(setup.slowest_s, 3),
        **setup.seen,
    }
