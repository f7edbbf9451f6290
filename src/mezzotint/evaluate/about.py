# SPDX-License-Identifier: Apache-2.0
"""What stands beside a table of measurements: who made it, where, of which pictures, and what is missing from it.

`about.json` is written before the first row and again after the last one, so that rows are never without it. It
describes the last command that added rows; of those before it only command lines and commits are kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mezzotint.errors import DamagedFile
from mezzotint.evaluate.failures import Failure, Note
from mezzotint.evaluate.machine import Machine, Package
from mezzotint.one_line import spelled

NAME = "about.json"


@dataclass(frozen=True)
class About:
    machine: Machine
    set_name: str  # of the folder of pictures
    images: int  # that were asked for, those that failed too
    metrics: str  # as in `Row.metrics`
    threads: int  # of each codec
    jobs: int  # processes at once
    finished: bool = False  # False while the run goes on, and where it was stopped
    rows: int = 0  # in the table, those of earlier commands too
    seconds: float = 0.0  # that the last command took
    left_out: tuple[str, ...] = ()  # one line for each codec that could not run here
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    earlier: tuple[str, ...] = ()  # other commands that wrote into the same table, with their commits


def write(folder: Path, about: About) -> None:
    """Put about.json into the folder, whole or not at all; OSError if the system refuses."""
    document = {**about.machine.as_json(), "set": about.set_name, **asdict(about)}
    del document["machine"], document["set_name"]
    temporary = folder / "about.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    finally:
        temporary.unlink(missing_ok=True)


def read(folder: Path) -> About | None:
    """What `write` put there, None where there is no such file; DamagedFile if it is something else."""
    path = folder / NAME
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise DamagedFile(f"{path} does not describe measurements", "name another folder with -o") from None


def _parse(document: dict[str, Any]) -> About:
    packages = tuple(Package(*pair) for pair in document["packages"].items())
    lists = [*document["left_out"], *document["earlier"]]
    if not all(isinstance(word, str) for word in (document["command"], document["commit"] or "", *lists)):
        raise TypeError("words are wanted")
    names = ("command", "commit", "processor", "cores", "system", "python", "model")
    return About(
        machine=Machine(packages=packages, **{name: document[name] for name in names}),
        set_name=spelled(str(document["set"])),
        images=int(document["images"]),
        metrics=str(document["metrics"]),
        threads=int(document["threads"]),
        jobs=int(document["jobs"]),
        finished=bool(document["finished"]),
        rows=int(document["rows"]),
        seconds=float(document["seconds"]),
        left_out=tuple(document["left_out"]),
        failures=tuple(Failure(**failure) for failure in document["failures"]),
        notes=tuple(Note(**note) for note in document["notes"]),
        earlier=tuple(document["earlier"]),
    )
