# SPDX-License-Identifier: Apache-2.0
"""Row 8: limits hold at what they say, through library, commands and Pillow; and what is over them costs nothing.

    every field x every way in x below, at, above the limit       probes.py
    the default limits, and Pillow's                              defaults.py

Refusing takes under 50 ms and 50 MB; a time is the best of three, as the machine may be busy, memory the worst.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from attacks import memory
from attacks.bits import part
from attacks.limits.defaults import defaults
from attacks.limits.probes import Probe, probes
from attacks.trial import SHOWN, SLOWEST, Outcome, nothing
from mezzotint.errors import LimitExceeded

QUICK, MOST = 0.05, 50_000_000  # seconds and bytes of a refusal
WHOLE = 380  # three for each field and way, and the defaults


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """All probes, or `count` of them by chance."""
    with tempfile.TemporaryDirectory() as name:
        every = [*probes(Path(name)), *defaults(Path(name))]
        judge(every[:1])  # imports are not the probe's
        return judge(part(every, count, np.random.default_rng(seed)), tick)


def judge(chosen: Iterable[Probe], tick: Callable[[], object] = nothing) -> Outcome:
    """Run every probe; nothing is raised for what goes wrong."""
    found = []
    for probe in chosen:
        found.append(_tried(probe))
        tick()
    wrong = [one.fault for one in found if one.fault]
    refused = [one for one in found if one.refused]
    peaks = [one.rise for one in refused if one.rise is not None]
    times = [one.seconds for one in refused] or [0.0]
    return Outcome(
        len(found),
        sum(not one.fault for one in refused),
        len(wrong),
        max(times),
        max(peaks) if peaks else None,
        median(times),
        tuple(wrong[:SHOWN]),
    )


@dataclass(frozen=True)
class _Tried:
    refused: bool  # and meant to be
    seconds: float
    rise: int | None  # of resident memory, bytes
    fault: str


def _tried(probe: Probe) -> _Tried:
    before = memory.begin()
    tries = [_attempt(probe) for _ in range(3 if probe.refusals else 1)]
    rise = memory.rise(before)
    seconds, fault = min(spent for spent, _ in tries), next((said for _, said in tries if said), "")
    if not fault and probe.refusals and (seconds > QUICK or (rise or 0) > MOST):
        fault = f"refused after {1000 * seconds:.0f} ms and {rise} bytes"
    if not fault and seconds > SLOWEST:
        fault = f"took {seconds:.2f} s"
    return _Tried(bool(probe.refusals), seconds, rise, fault and f"{probe.field} {probe.what}: {fault}")


def _attempt(probe: Probe) -> tuple[float, str]:
    """(seconds, what is wrong or "")."""
    start = perf_counter()
    fault = "was accepted" if probe.refusals else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            probe.work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        right = isinstance(error, probe.refusals)
        told = probe.field in str(error) or not isinstance(error, LimitExceeded)  # how to be let through
        fault = "" if right and told else f"{type(error).__name__}: {error}"
    return perf_counter() - start, fault
