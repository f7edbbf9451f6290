# SPDX-License-Identifier: Apache-2.0
"""The whole measurement, part after part, as a stream of rows and of events."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mezzotint.bundle import resolve
from mezzotint.errors import FileAccess, MissingExtra, UsageError
from mezzotint.evaluate.machine import cores
from mezzotint.evaluate.speed import commands
from mezzotint.evaluate.speed.coding import Coding, StageTime, entrants, speeds, stage_times
from mezzotint.evaluate.speed.events import Done, LeftOut, Next, Step
from mezzotint.evaluate.speed.macs import Cost, costs
from mezzotint.evaluate.speed.memory import QUICK_SIZES, SIZES, Line, Peak, lines, peaks
from mezzotint.evaluate.speed.pictures import Scene, large_scene, photos, scene
from mezzotint.evaluate.speed.pinned import can_pin
from mezzotint.evaluate.speed.plan import PARTS, Plan, label, rival
from mezzotint.evaluate.speed.race import Patience
from mezzotint.evaluate.speed.search import Entrant
from mezzotint.evaluate.speed.start import Start, starts
from mezzotint.evaluate.speed.symbols import Symbols, symbols

Row = Coding | StageTime | Start | Peak | Line | Cost | Symbols
Event = Next | Step | Done | LeftOut

_PHOTOS, _QUICK_PHOTOS = 4, 2
_SYMBOLS, _QUICK_SYMBOLS = 1_000_000, 300_000


def bench(plan: Plan) -> Iterator[Row | Event]:
    """Rows as they are found; `Done` after those of each part."""
    usable = tuple(threads for threads in plan.threads if threads <= cores())
    for threads in plan.threads:
        if threads not in usable:
            yield LeftOut(f"a run on {threads} threads", f"this process may use {cores()} of the processors")
    if not usable:
        raise UsageError("no thread count is left", "give smaller ones with --threads")
    if not can_pin():
        yield LeftOut(
            "pinning to processors", "this system lacks it, and a rival may take more threads than told"
        )
    for part in PARTS:
        if part in plan.parts:
            yield from _PARTS[part](replace(plan, threads=usable))
            yield Done(part)


def _scenes(plan: Plan) -> tuple[Scene, ...]:
    small = photos(plan.photos, _QUICK_PHOTOS if plan.quick else _PHOTOS)
    return (scene(small),) if plan.quick else (scene(small), large_scene(small))


def _coding(plan: Plan) -> Iterator[Row | Event]:
    scenes = _scenes(plan)
    rival(
        [label(codec) for codec in plan.codecs], plan.against
    )  # a wrong name is said before the long search
    runners = []
    for told in entrants(scenes, plan.codecs, plan.quality, max(plan.threads)):
        if isinstance(told, Entrant):
            runners.append(told)
        else:
            yield told
    patience = Patience(1, 1.0) if plan.quick else Patience(3, 4.0)
    against = rival([label(runner.codec) for runner in runners], plan.against)
    for threads in plan.threads:
        yield from speeds(scenes, runners, against, threads, plan.repeat, patience)


def _stages(plan: Plan) -> Iterator[Row | Event]:
    for threads in plan.threads:
        yield from stage_times(_scenes(plan), plan.quality, plan.model, threads, plan.repeat)


def _start(plan: Plan) -> Iterator[Row | Event]:
    if not commands.available():
        yield LeftOut("cold start", commands.WHY_NOT)
        return
    with _workplace() as folder:
        pixels = photos(plan.photos, 1)[0]
        yield from starts(folder, pixels, plan.quality, plan.model, max(plan.threads), plan.repeat)


def _memory(plan: Plan) -> Iterator[Row | Event]:
    if not commands.available():
        yield LeftOut("peak memory", commands.WHY_NOT)
        return
    sizes, found = QUICK_SIZES if plan.quick else SIZES, []
    with _workplace() as folder:
        small = photos(plan.photos, _PHOTOS)
        for told in peaks(folder, small, sizes, plan.quality, plan.model, max(plan.threads)):
            if isinstance(told, Peak):
                found.append(told)
            yield told
    yield from lines(found)


@contextmanager
def _workplace() -> Iterator[Path]:
    """An empty folder for the time being."""
    try:
        with tempfile.TemporaryDirectory(prefix="mzt-bench-") as name:
            yield Path(name)
    except OSError as reason:
        what = f"the temporary folder cannot be written to: {reason.strerror or reason}"
        raise FileAccess(what, "free some space, or name another in TMPDIR") from None


def _macs(plan: Plan) -> Iterator[Row | Event]:
    yield Next("multiply-accumulates in the graphs of the model", 1)
    try:
        yield from costs(resolve(plan.model))
    except MissingExtra as missing:
        yield LeftOut("the count of multiply-accumulates", str(missing))
    yield Step()


def _entropy(plan: Plan) -> Iterator[Row | Event]:
    yield from symbols(plan.repeat, _QUICK_SYMBOLS if plan.quick else _SYMBOLS)


_PARTS: dict[str, Callable[[Plan], Iterator[Row | Event]]] = {
    "coding": _coding,
    "stages": _stages,
    "start": _start,
    "memory": _memory,
    "macs": _macs,
    "entropy": _entropy,
}
