# SPDX-License-Identifier: Apache-2.0
"""Rows that are tests elsewhere: they are run as they stand, and what pytest says of them is counted.

    row 11  every mode of Pillow in every format        tests/cli/test_pictures.py, tests/runtime/pictures
    row 12  metadata byte for byte, upright everywhere  tests/cli/test_metadata.py, tests/runtime/pictures
    row 15  golden files                                tests/runtime, tests/bitstream, tests/entropy, tests/intnet
    row 16  the second decoder                          tests/second
    row 20  the bad world of a bulk job                 tests/bulk, tests/cli/test_batch.py

Trap: a test that is skipped tries nothing. It is not counted, and told as left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from attacks.bits import part
from attacks.files import ROOT
from attacks.trial import SHOWN, Outcome, nothing


@dataclass(frozen=True, eq=False)
class Suite:
    """Tests that together are one row; has what a module of attacks has."""

    name: str
    paths: tuple[str, ...]  # within the folder
    folder: Path = ROOT  # where pytest runs

    @cached_property
    def tests(self) -> list[str]:
        """Their names, as pytest takes them."""
        listed = _pytest(self.folder, "--collect-only", "-q", *self.paths)
        names = [line for line in listed.stdout.splitlines() if "::" in line]
        assert names, listed.stdout[-500:] + listed.stderr[-500:]
        return names

    @property
    def WHOLE(self) -> int:
        return len(self.tests)

    def attack(self, count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
        """`count` of the tests, chosen by chance where that is not all of them."""
        chosen = part(self.tests, count, np.random.default_rng(seed))
        with tempfile.TemporaryDirectory() as place:
            report, names = Path(place) / "report.xml", Path(place) / "names"
            names.write_text("\n".join(chosen), "utf-8")
            done = _pytest(self.folder, "-q", f"--junit-xml={report}", f"@{names}")
            outcome = _counted(report) if report.exists() else Outcome(0, 0, 0, 0.0, None)
        for _ in chosen:
            tick()
        missing = len(chosen) - outcome.tried - len(outcome.left_out)
        if missing > 0:
            why = f"{missing} tests did not run: {done.stdout[-500:]}{done.stderr[-500:]}"
            return replace(
                outcome, tried=len(chosen), wrong=outcome.wrong + missing, faults=(*outcome.faults, why)
            )
        return outcome


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "not gpu and not wheel",
        "-p",
        "no:cacheprovider",
        *arguments,
    ]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


def _counted(report: Path) -> Outcome:
    """What a report in JUnit's form says. It is pytest's own, written a moment ago, and as such trusted."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = [case for case in cases if case.find("skipped") is not None]
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    times = sorted(float(case.get("time", 0)) for case in cases) or [0.0]
    faults = tuple(f"{_name(case)} failed" for case in failed[:SHOWN])
    left_out = tuple(f"{_name(case)}: {_reason(case)}" for case in skipped)
    tried = len(cases) - len(skipped)
    return Outcome(tried, 0, len(failed), times[-1], None, times[len(times) // 2], faults, left_out)


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def _reason(case: ElementTree.Element) -> str:
    found = case.find("skipped")
    return "" if found is None else found.get("message", "")


PICTURES = "tests/runtime/pictures"
modes = Suite(
    "modes",
    (
        "tests/cli/test_pictures.py",
        *(f"{PICTURES}/test_{name}.py" for name in ("modes", "reading", "arrays")),
    ),
)
metadata = Suite(
    "metadata",
    (
        "tests/cli/test_metadata.py",
        f"{PICTURES}/test_exif.py",
        f"{PICTURES}/test_images.py",
        "tests/test_pillow.py",
    ),
)
golden = Suite(
    "golden",
    (
        *(
            f"tests/runtime/{name}.py"
            for name in ("test_golden_streams", "test_golden_exact", "lossless/test_golden")
        ),
        *("tests/bitstream/test_refuse.py", "tests/bitstream/test_header.py", "tests/entropy/test_golden.py"),
        *("tests/entropy/test_cdf.py", "tests/intnet/test_graph.py", "tests/intnet/test_context.py"),
    ),
)
second = Suite("second", ("tests/second",))
bad_world = Suite("bad_world", ("tests/bulk", "tests/cli/test_batch.py"))
