# SPDX-License-Identifier: Apache-2.0
"""Row 26: a decoder without memory or time, or killed, costs its own file and nothing else.

    library   `mezzotint.decode` under 20 limits of address space around what it needs, each in a process of its own:
              a picture or LimitExceeded, never a signal; the same process then decodes without the limit
    command   `mzt decode` under 20 limits: one line and status 1, and nothing where the output was to be
    batch     `mzt batch` with little memory, little time, or a worker killed (batch.py)
    apart     the recipe of docs/security.md (apart.py): one exception with one line, and the next file is decoded

Trap: where numpy itself finds no room while it is loaded, its library writes a line of its own and ends the process.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from attacks.bits import part
from attacks.files import photo
from attacks.isolation import batch, confined
from attacks.isolation.apart import Refused, decoded_apart
from attacks.isolation.confined import MB, MZT, PYTHON, Fault, Killer, require
from attacks.trial import Outcome, nothing

AVAILABLE = shutil.which("prlimit") is not None
STEPS = 20  # limits of each kind, from 1/16 of what is needed to 20/16
STATES = ("lossy cold", "lossy warm", "lossless cold", "lossless warm")
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Case:
    kind: str  # library, command, batch, apart
    how: str
    number: int


def cases() -> list[Case]:
    return [
        *(Case("library", state, step) for state in STATES for step in range(1, STEPS + 1)),
        *(Case("command", "lossy", step) for step in range(1, STEPS + 1)),
        *(Case("batch", how, number) for how in ("memory", "time", "killed") for number in range(6)),
        *(Case("apart", how, number) for how in ("memory", "time", "killed") for number in range(4)),
    ]


WHOLE = len(cases())  # 130


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` of the cases, by chance where it is not all of them; `refused` are those that ended in an error."""
    return tried(part(cases(), count, np.random.default_rng(seed)), tick)


def tried(chosen: list[Case], tick: Callable[[], object] = nothing) -> Outcome:
    times, refused, faults = [], 0, []
    for case in chosen:
        start = perf_counter()
        try:
            refused += _KINDS[case.kind](case)
        except Fault as fault:
            faults.append(f"{case}: {fault}")
        times.append(perf_counter() - start)
        tick()
    return Outcome(len(times), refused, len(faults), max(times), None, median(times), tuple(faults[:5]))


# -- the library and the command --------------------------------------------------------------------------


def _library(case: Case) -> bool:
    mode, state = case.how.split()
    need = _need(mode, state)
    with _file(mode) as path:
        found = _child(path, state, need["grew"] * case.number // 16)
    return judged(found, need["again"])


def judged(found: dict[str, Any], wanted: str) -> bool:
    """Whether the child was refused the memory; Fault for any end but a right picture or LimitExceeded in one line."""
    require(found["again"] == wanted, "without the limit it decoded another picture")
    if found["error"]:
        require(found["error"] == "LimitExceeded", f"{found['error']}: {found['line']}")
        require("\n" not in found["line"], f"more than a line: {found['line']}")
        return True
    require(found["picture"] == wanted, "another picture")
    return False


def _child(path: Path, state: str, more: int) -> dict[str, Any]:
    end = confined.run([*PYTHON, str(CHILD), str(path), state, str(more)])
    require(end.status == 0, f"status {end.status}: {end.err[-300:]}")
    found: dict[str, Any] = json.loads(end.out.splitlines()[-1])
    return found


@cache
def _need(mode: str, state: str) -> dict[str, Any]:
    """What decoding takes where it may take anything."""
    with _file(mode) as path:
        return _child(path, state, -1)


@contextmanager
def _file(mode: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.mzt")
        path.write_bytes(_coded(mode))
        yield path


@cache
def picture(mode: str) -> NDArray[np.uint8]:
    """Large enough that its decoding needs far more than libraries do."""
    return np.tile(photo(), (2, 2, 1) if mode == "lossless" else (3, 3, 1))


@cache
def _coded(mode: str) -> bytes:
    return _encoded(picture(mode), *["--lossless"] * (mode == "lossless"))


def _encoded(array: NDArray[np.uint8], *options: str) -> bytes:
    """By a process of one thread: products of matrices on several are slow where others work too."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.mzt")
        Image.fromarray(array).save(source)
        end = confined.run([*MZT, "encode", str(source), str(target), "--threads=1", *options])
        require(end.status == 0, f"it cannot be encoded: {end.err[-300:]}")
        return target.read_bytes()


def _command(case: Case) -> bool:
    need = _need("lossy", "cold")
    with _file("lossy") as path:
        target = path.with_name("out.png")
        most = (need["before"] + need["grew"]) * case.number // 16
        end = confined.run([*MZT, "decode", str(path), str(target), "--threads=1"], memory=most)
        left = sorted(each.name for each in path.parent.iterdir())
        if end.status == 0:
            with Image.open(target) as image:
                same = hashlib.sha256(np.asarray(image).tobytes()).hexdigest() == need["again"]
            require(same, "another picture")
            return False
    require(left == ["in.mzt"], f"it left {left}")
    said = end.err.strip().splitlines()
    ours = len(said) == 1 and said[0].startswith(("mzt: ", "OpenBLAS error: "))
    require(end.status == 1 and ours, f"status {end.status}: {end.err[-500:]}")
    return True


# -- the recipe -------------------------------------------------------------------------------------------


def _apart(case: Case) -> bool:
    """The first file is refused, and the next one decoded."""
    try:
        _refused(case)
    except Refused as error:
        require("\n" not in str(error), f"more than a line: {error}")
        late = "SIG" in str(error) or "longer than" in str(error)  # of the processor, or of the clock
        require(late or case.how == "memory", f"another reason: {error}")
    else:
        raise Fault("a picture came out")
    with Image.open(io.BytesIO(decoded_apart(_coded("lossless")))) as image:
        require(np.array_equal(np.asarray(image), picture("lossless")), "the next picture is another one")
    return True


def _refused(case: Case) -> None:
    if case.how == "memory":
        decoded_apart(_coded("lossy"), memory=(60 + 60 * case.number) * MB)
    elif case.how == "time":
        decoded_apart(_slow(), seconds=1)
    else:
        number = (signal.SIGKILL, signal.SIGSEGV)[case.number % 2]
        killer = Killer(os.getpid(), "--max-pixels", 0.2 * case.number, number)
        try:
            decoded_apart(_slow())
        finally:
            killer.join()


@cache
def _slow() -> bytes:
    """A file that takes five seconds to decode, on a fast machine still more than one."""
    large = np.tile(photo(), (10, 7, 1))
    large ^= np.random.default_rng(6).integers(0, 4, large.shape, np.uint8)
    return _encoded(large, "--lossless")


_KINDS: dict[str, Callable[[Case], bool]] = {
    "library": _library,
    "command": _command,
    "batch": lambda case: batch.ended_well(case.how, case.number),
    "apart": _apart,
}
