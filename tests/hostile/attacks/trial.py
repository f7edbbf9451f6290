# SPDX-License-Identifier: Apache-2.0
"""One hostile file after another is given to the decoder, and what comes of it is counted.

A trial is wrong where the decoder raises anything but the errors that its row names, gives a picture where none may
come out or one whose size is not the header's, or takes longer than the row allows. Warnings count as errors.
Trap: a panic in compiled code reaches Python as a BaseException, which `except Exception` does not see.
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import mezzotint
from attacks import memory
from mezzotint.bundle import Bundle
from mezzotint.errors import MezzotintError

SLOWEST = 2.0  # seconds that any decode may take
SHOWN = 5  # faults that are told in full
Errors = tuple[type[MezzotintError], ...]


@dataclass(frozen=True)
class Case:
    """A file, how to decode it, and what may come of it."""

    what: str
    data: bytes
    model: Bundle
    refusals: Errors  # any other exception is wrong
    accepted: bool = False  # a picture of the right size may come out too
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    tried: int
    refused: int
    wrong: int
    slowest_s: float
    peak_bytes: (
        int | None
    )  # that resident memory rose above where it stood; None where the system does not tell
    median_s: float = 0.0
    faults: tuple[str, ...] = ()  # the first few, each with its file in base64
    left_out: tuple[str, ...] = ()  # what could not be tried here, and why; it counts nowhere


def nothing() -> None:
    """The `tick` of an attack that nobody watches."""


def run(cases: Iterable[Case], tick: Callable[[], object] = nothing, slowest: float = SLOWEST) -> Outcome:
    """Decode every case; nothing is raised for what goes wrong."""
    times, refused, wrong, faults = [], 0, 0, []
    before = memory.begin()
    for case in cases:
        start = perf_counter()
        fault, turned_away = attempt(case)
        times.append(perf_counter() - start)
        if not fault and times[-1] > slowest:
            fault = f"took {times[-1]:.2f} s"
        refused += turned_away
        if fault:
            wrong += 1
            if len(faults) < SHOWN:
                faults.append(told(case, fault))
        tick()
    peak = memory.rise(before)
    return Outcome(len(times), refused, wrong, max(times), peak, median(times), tuple(faults))


def attempt(case: Case) -> tuple[str, bool]:
    """(what is wrong or "", whether the file was refused)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = mezzotint.decode(case.data, model=case.model, threads=1, **case.options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, case.refusals):
            return "", True
        return f"{type(error).__name__}: {error}", False
    if not case.accepted:
        return f"gave a picture of {picture.shape}", False
    wanted = shape(case)
    return ("" if picture.shape == wanted else f"gave {picture.shape} instead of {wanted}"), False


def shape(case: Case) -> tuple[int, ...]:
    """Of the array that the header and the options promise: (H, W), (H, W, 3) or (H, W, 4)."""
    header = mezzotint.read_header(case.data)
    x, y, width, height = case.options.get("region") or (0, 0, header.width, header.height)
    shrink = round(1 / case.options.get("scale", 1))
    planes = 4 if header.alpha else header.channels
    # A region gives every shrunk sample that stands for one of its pixels.
    sides = tuple(-(-(at + side) // shrink) - at // shrink for at, side in ((y, height), (x, width)))
    return sides if planes == 1 else (*sides, planes)


def told(case: Case, fault: str) -> str:
    return f"{case.what}: {fault}; {case.options}; {base64.b64encode(case.data[:6000]).decode()}"
