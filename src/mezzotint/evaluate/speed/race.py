# SPDX-License-Identifier: Apache-2.0
"""Seconds of every codec at one thread count, all in one process, taking turns. Work for child.py.

Turns are taken call by call, so that a slow second of the machine hits all codecs alike, and each turn another codec is
first. A codec that is far slower than the others takes fewer turns: it rests once it has had its share of seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mezzotint.evaluate.codecs.protocol import Pixels
from mezzotint.evaluate.speed.child import Tell
from mezzotint.evaluate.speed.events import Step
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.evaluate.speed.search import Entrant, check

SETTLE = 0.004  # seconds before every call, for threads of the one before


@dataclass(frozen=True)
class Patience:
    """When a codec rests: after so many turns, if it has taken more than so many seconds in a scene."""

    turns: int
    seconds: float


@dataclass(frozen=True)
class Race:
    """The task."""

    scenes: tuple[Scene, ...]
    entrants: tuple[Entrant, ...]
    threads: int
    repeat: int
    patience: Patience


@dataclass(frozen=True)
class Times:
    """Seconds of one codec for all pictures of a scene, turn by turn."""

    scene: int  # its place in the task, and that of the entrant
    entrant: int
    encode: tuple[float, ...]
    decode: tuple[float, ...]


@dataclass
class _Runner:
    place: int
    entrant: Entrant
    qualities: tuple[float, ...]
    threads: int
    patience: Patience
    encode: list[float] = field(default_factory=list)
    decode: list[float] = field(default_factory=list)

    @property
    def rests(self) -> bool:
        spent = sum(self.encode) + sum(self.decode)
        return len(self.encode) >= self.patience.turns and spent > self.patience.seconds

    def start_turn(self) -> None:
        self.encode.append(0.0)
        self.decode.append(0.0)

    def run(self, number: int, picture: Pixels) -> None:
        """Picture `number` of the scene, there and back."""
        codec = self.entrant.codec
        time.sleep(SETTLE)
        start = time.perf_counter()
        data = codec.encode(picture, self.qualities[number], self.threads)
        self.encode[-1] += time.perf_counter() - start
        time.sleep(SETTLE)
        start = time.perf_counter()
        codec.decode(data, self.threads)
        self.decode[-1] += time.perf_counter() - start


def race(task: Race, tell: Tell[Times | Step]) -> None:
    """Tells Times of every codec in every scene; its steps are turns of one picture with all codecs."""
    for entrant in task.entrants:  # loads networks and libraries before any clock runs
        check(entrant.codec, task.scenes[0].pictures[0], entrant.qualities[0][0], task.threads)
    for number, scene in enumerate(task.scenes):
        runners = [
            _Runner(place, entrant, entrant.qualities[number], task.threads, task.patience)
            for place, entrant in enumerate(task.entrants)
        ]
        for turn in range(task.repeat):
            _turn(scene, runners, turn, tell)
        for runner in runners:
            tell(Times(number, runner.place, tuple(runner.encode), tuple(runner.decode)))


def _turn(scene: Scene, runners: list[_Runner], turn: int, tell: Tell[Times | Step]) -> None:
    first = turn % len(runners)
    order = [runner for runner in runners[first:] + runners[:first] if not runner.rests]
    for runner in order:
        runner.start_turn()
    for number, picture in enumerate(scene.pictures):
        for runner in order:
            runner.run(number, picture)
        tell(Step())
