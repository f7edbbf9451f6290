# SPDX-License-Identifier: Apache-2.0
"""The JSON of a bench, as in `results/speed.json`.

    about     command, commit, processor, packages, model (evaluate/machine.py)
    settings  threads, quality, repeat, quick: what was asked for
    left_out  lines that say what could not be measured and why
    coding    a row for each codec, picture size, thread count and side: MP/s, and its ratio to one rival (coding.py)
    stages    milliseconds per megapixel of each stage of ours, and of the "whole" call (coding.py)
    start     whole commands on 768x512 (start.py)
    memory    "peaks" of whole commands, and the "lines" through them (memory.py)
    macs      "graphs" with their multiply-accumulates per pixel, and the sums "encoder" and "decoder" (macs.py)
    entropy   million symbols a second (symbols.py)

Rows are flat but for spreads, {"median", "low", "high", "count"}: low and high are quartiles. A part that was not run
is an empty list. Numbers are rounded to five significant digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mezzotint.bundle.schema import DECODER, ENCODER
from mezzotint.evaluate.machine import Machine
from mezzotint.evaluate.speed.bench import Row
from mezzotint.evaluate.speed.coding import Coding, StageTime
from mezzotint.evaluate.speed.macs import Cost, total
from mezzotint.evaluate.speed.memory import Line, Peak
from mezzotint.evaluate.speed.plan import Plan
from mezzotint.evaluate.speed.start import Start
from mezzotint.evaluate.speed.symbols import Symbols


def document(machine: Machine, plan: Plan, rows: Sequence[Row], left_out: Sequence[str]) -> dict[str, Any]:
    """Ready for json.dumps."""
    costs = tuple(row for row in rows if isinstance(row, Cost))
    sums = {side: _rounded(total(costs, side)) for side in (ENCODER, DECODER)} if costs else {}
    return {
        "about": machine.as_json(),
        "settings": {
            "threads": list(plan.threads),
            "quality": plan.quality,
            "repeat": plan.repeat,
            "quick": plan.quick,
        },
        "left_out": list(left_out),
        "coding": _of(Coding, rows),
        "stages": _of(StageTime, rows),
        "start": _of(Start, rows),
        "memory": {"peaks": _of(Peak, rows), "lines": _of(Line, rows)},
        "macs": {"graphs": _of(Cost, rows), **sums},
        "entropy": _of(Symbols, rows),
    }


def _of(kind: type[Row], rows: Sequence[Row]) -> list[Any]:
    return [_rounded(asdict(row)) for row in rows if isinstance(row, kind)]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list | tuple) else value
