# SPDX-License-Identifier: Apache-2.0
"""A process that runs bundles for real, so that one which ends it ends nothing else; both ends of the pipe to it.

Each bundle decodes a file of a sound model that is made to name it, encodes a picture, and decodes that. Memory is
limited: a graph may ask for as much as it likes, and must be told no.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any

import mezzotint
from attacks.files import cut, model
from mezzotint.bitstream import read, write
from mezzotint.bundle import Bundle, load
from mezzotint.errors import MezzotintError
from mezzotint.runtime import latents

MOST = 2 << 30  # bytes of address space
PATIENCE = 60  # seconds for one bundle; how long a graph takes is not bounded either
REFUSED, WRONG, ENDED = "refused", "wrong", "ended"


@dataclass(frozen=True)
class Step:
    """What came of one use of a bundle."""

    what: str
    outcome: str
    why: str  # the error's class and text


class Child:
    """The process, made when it is first needed and anew after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def run(self, data: bytes) -> list[Step]:
        """The steps of one bundle; one that is wrong where the process died of it."""
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(len(data).to_bytes(8, "little") + data)
            process.stdin.flush()
        patience = Timer(PATIENCE, process.kill)
        patience.start()
        line = process.stdout.readline()
        patience.cancel()
        try:
            return [Step(*step) for step in json.loads(line)]
        except ValueError:  # nothing, or what the runtime wrote there
            self._process = None
            process.kill()
            process.communicate()
            return [Step("run", WRONG, f"the process ended with {process.returncode} after {line[:100]!r}")]

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from attacks.bundles.child import main; main()"],
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
            },  # numpy's threads take address space, as many as cores
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process


def main() -> None:
    """The other end: bundles come on standard input, each behind its length, and lines of JSON go back."""
    _limit()
    files = {c: mezzotint.encode(cut(64, 100), model=model(c), threads=1) for c in (False, True)}
    while head := sys.stdin.buffer.read(8):
        data = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        print(json.dumps([list(step) for step in _steps(data, files)]), flush=True)
        latents._open.cache_clear()  # a session keeps what it once took, and the next bundle would lack it


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _steps(data: bytes, files: dict[bool, bytes]) -> Iterator[tuple[str, str, str]]:
    bundle = load(data)
    file = renamed(files[bundle.scale_context is not None], bundle)
    picture = cut(64, 64)
    coded: list[bytes] = []
    usual: dict[str, Any] = {"model": bundle, "threads": 1}
    for what, step, shape in (
        ("decode", lambda: mezzotint.decode(file, **usual), (64, 100, 3)),
        ("preview", lambda: mezzotint.decode(file, scale=1 / 8, **usual), (8, 13, 3)),
        ("encode", lambda: coded.append(mezzotint.encode(picture, **usual)), None),
        ("decode its own", lambda: mezzotint.decode(coded[0], **usual), (64, 64, 3)),
    ):
        if coded or what != "decode its own":
            yield what, *_told(step, shape)


def renamed(file: bytes, bundle: Bundle) -> bytes:
    """A file that says it was made with this model."""
    container = read(file)
    return write(replace(container, header=replace(container.header, model_id=bundle.model_id)))


def _told(step: Callable[[], Any], shape: tuple[int, ...] | None) -> tuple[str, str]:
    try:
        found = step()
    except MezzotintError as error:
        return REFUSED, f"{type(error).__name__}: {error}"
    except BaseException as error:
        return WRONG, f"{type(error).__name__}: {error}"
    if shape is not None and found.shape != shape:
        return WRONG, f"gave {found.shape} instead of {shape}"
    return ENDED, ""
