# SPDX-License-Identifier: Apache-2.0
"""Our own time, stage by stage, at one thread count. Work for child.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import mezzotint
from mezzotint.evaluate.speed.child import Tell
from mezzotint.evaluate.speed.events import Step
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.runtime.stages import Stage, clocked


@dataclass(frozen=True)
class Split:
    """The task."""

    scenes: tuple[Scene, ...]
    quality: float
    model: str | None
    threads: int
    repeat: int


@dataclass(frozen=True)
class Laps:
    """Seconds for all pictures of a scene, turn by turn: of every stage, and of the whole calls."""

    scene: int  # its place in the task
    side: str  # "encode" or "decode"
    stages: tuple[tuple[Stage, tuple[float, ...]], ...]
    whole: tuple[float, ...]


def split(task: Split, tell: Tell[Laps | Step]) -> None:
    """Tells Laps of both sides of every scene; a step is all pictures of a scene, one way."""
    for number, scene in enumerate(task.scenes):
        encode = [
            partial(mezzotint.encode, picture, task.quality, model=task.model, threads=task.threads)
            for picture in scene.pictures
        ]
        files = [call() for call in encode]  # the first calls load the networks
        decode = [partial(mezzotint.decode, data, model=task.model, threads=task.threads) for data in files]
        decode[0]()
        sides: tuple[tuple[str, Sequence[Callable[[], object]]], ...] = (
            ("encode", encode),
            ("decode", decode),
        )
        for side, calls in sides:
            turns = []
            for _ in range(task.repeat):
                turns.append(_turn(calls))
                tell(Step())
            stages = tuple((stage, tuple(seconds[stage] for seconds, _ in turns)) for stage in Stage)
            tell(Laps(number, side, stages, tuple(whole for _, whole in turns)))


def _turn(calls: Sequence[Callable[[], object]]) -> tuple[dict[Stage, float], float]:
    """Seconds of each stage, and of all calls."""
    with clocked() as clock:
        start = time.perf_counter()
        for call in calls:
            call()
        return clock.seconds, time.perf_counter() - start
