# SPDX-License-Identifier: Apache-2.0
"""From a first guess to a file that holds its goal, in as few codings of the whole picture as can be.

A guide (the curve of a sample) is off by much the same factor at all qualities. So the first file tells by how much,
and the guide where the next has to be. From then on a line through the sizes of the files is better than any guide.
"""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.bitstream import MAX_QUALITY, write
from mezzotint.runtime.search.coders import Coder
from mezzotint.runtime.search.curve import Curve
from mezzotint.runtime.search.goal import Goal
from mezzotint.runtime.search.measure import Measure
from mezzotint.runtime.stages import Stage, stage

_HALVING, _HALVING_AFTER = (4, 6), 8  # tries: where a line has not helped by then, halves do
_PATIENCE = 5  # tries, all of them on one side, before the other end is looked at
_ROUGH, _FINE = 50, 15  # steps that the guide may be from its nearest point, at first and when it corrects
_MOST_PROBES = 6  # at a time: a curve that is odder than that is no guide


@dataclass(frozen=True)
class Trial:
    """A file of the whole picture."""

    quality: int  # 0..4095
    data: bytes
    reached: float


class Guide:
    """The curve of a sample, measured where it is asked for."""

    def __init__(self, goal: Goal, code: Coder, measure: Measure) -> None:
        self._goal, self._code, self._measure = goal, code, measure
        self._curve = Curve(goal.slope)

    @property
    def probes(self) -> int:
        return len(self._curve)

    def start(self) -> int:
        """The quality at which the sample reaches the goal."""
        self._add(self._goal.start)
        return self._solve(self._goal.aim, _ROUGH)

    def corrected(self, trial: Trial) -> int:
        """The quality at which the whole picture must reach the goal, seeing what it reached at another."""
        off = self._goal.level(trial.reached) - self._curve.at(trial.quality)
        return self._solve(self._goal.aim - off, _FINE)

    def _solve(self, level: float, steps: int) -> int:
        for _ in range(_MOST_PROBES):
            quality = self._curve.where(level)
            if quality in self._curve or self._curve.distance(level) <= steps * self._goal.slope:
                break
            self._add(quality)
        return self._curve.where(level)

    def _add(self, quality: int) -> None:
        container = self._code(quality)
        self._curve.add(quality, self._goal.level(self._measure(container, b"")))


def approach(
    goal: Goal, code: Coder, measure: Measure, guide: Guide | None, start: int, most: int
) -> list[Trial]:
    """Files of the whole picture, at most so many; the last is near enough to the goal where that can be had."""
    curve = Curve(goal.slope)
    trials: list[Trial] = []
    quality: int | None = start
    while quality is not None and len(trials) < most:
        container = code(quality)
        with stage(Stage.CONTAINER):
            data = write(container)
        trials.append(Trial(quality, data, measure(container, data)))
        curve.add(quality, goal.level(trials[-1].reached))
        quality = None if goal.close(trials[-1].reached) else _next(goal, trials, curve, guide)
    return trials


def best_of(goal: Goal, trials: list[Trial]) -> Trial | None:
    """The best file of a size, or the smallest of a quality; None where none holds the goal."""
    holding = [trial for trial in trials if goal.held(trial.reached)]
    if not holding:
        return None
    end = max if goal.at_most else min
    return end(holding, key=lambda trial: trial.quality)


def _next(goal: Goal, trials: list[Trial], curve: Curve, guide: Guide | None) -> int | None:
    """The next quality to try; None when there is none left between those tried."""
    low, high = _left(goal, trials)
    if high - low < 2:
        return None
    between = low >= 0 and high <= MAX_QUALITY
    if between and (len(trials) >= _HALVING_AFTER or len(trials) in _HALVING):
        return (low + high) // 2
    guided = guide if len(trials) == 1 else None
    quality = curve.where(goal.aim) if guided is None else guided.corrected(trials[0])
    if not between and len(trials) > 2:  # ever longer strides, where a line tells too little
        stride = 2 * abs(trials[-1].quality - trials[-2].quality) if len(trials) < _PATIENCE else MAX_QUALITY
        quality = min(quality, high - stride) if low < 0 else max(quality, low + stride)
    return min(max(quality, low + 1), high - 1)


def _left(goal: Goal, trials: list[Trial]) -> tuple[int, int]:
    """Only qualities between these two are worth a try; -1 and 4096 before one is known."""
    best = best_of(goal, trials)
    missed = [trial.quality for trial in trials if not goal.held(trial.reached)]
    if goal.at_most:
        low = best.quality if best else -1
        return low, min((quality for quality in missed if quality > low), default=MAX_QUALITY + 1)
    high = best.quality if best else MAX_QUALITY + 1
    return max((quality for quality in missed if quality < high), default=-1), high
