# SPDX-License-Identifier: Apache-2.0
"""What a paper claims, and how ours is held to it: the system with its idea against the system without, same budget.

A recipe (recipes/published/) names both as specs and a judge; the board (leaderboard/systems.py) trains them and asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.systems import Media, System

Curve = tuple[tuple[float, float], ...]  # (bits per pixel, PSNR in decibels) a quality


@dataclass(frozen=True)
class Trial:
    """What a claim is judged on. ``off`` is None where the recipe names no ablation to train.

    Curves are of real files, means over ``pictures``; empty where a system gives no pictures back.
    """

    on: System
    off: System | None
    on_curve: Curve
    off_curve: Curve
    pictures: tuple[Media, ...]  # held out, uint8 (H, W, 3)
    crops: Crops  # that both were trained on
    steps: int
    seed: int


@dataclass(frozen=True)
class Figure:
    """A further number that a role check asks for."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Verdict:
    """``on`` and ``off`` are the same measure (a phrase with its unit) with the idea and without."""

    measure: str
    on: float
    off: float
    less_is_better: bool
    figures: tuple[Figure, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the idea is the better one here."""
        return self.on < self.off if self.less_is_better else self.on > self.off


@dataclass(frozen=True)
class Published:
    """A recipe of a rebuilt system. Its file's docstring holds command, machine, time and expected result."""

    on: str  # spec of the system with its idea
    off: str | None  # and without; None where one trained system is measured both ways
    claim: str  # the paper's, in a sentence
    judge: Callable[[Trial], Verdict]


def by_rate(trial: Trial) -> Verdict:
    """BD-rate against the ablation. ValueError where the curves share no range of PSNR."""
    return Verdict("BD-rate against the ablation, %", bd_rate(trial.off_curve, trial.on_curve), 0.0, True)
