# SPDX-License-Identifier: Apache-2.0
"""Speed of encoding and decoding, ours and the rivals', and ours by stage: one process for each thread count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mezzotint.evaluate.codecs.protocol import Codec
from mezzotint.evaluate.speed.child import in_child
from mezzotint.evaluate.speed.events import LeftOut, Next, Step
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.evaluate.speed.plan import label
from mezzotint.evaluate.speed.race import Patience, Race, Times, race
from mezzotint.evaluate.speed.search import Entrant, Search, search
from mezzotint.evaluate.speed.split import Laps, Split, split
from mezzotint.evaluate.speed.spread import Spread, spread


@dataclass(frozen=True)
class Coding:
    """One codec one way, in turns with all others."""

    pictures: str  # "768x512"
    threads: int
    codec: str
    settings: str
    version: str
    side: str  # "encode" or "decode"
    bpp: float  # mean of the files that were made; rivals are held near ours
    mp_per_s: Spread
    against: str  # the rival that `ratio` compares with, "avif (speed 6, 4:2:0)"
    ratio: Spread  # its time over this one's, turn by turn: 2 is twice as fast


@dataclass(frozen=True)
class StageTime:
    """One stage of ours; the stages of a side add up to nearly the row "whole"."""

    pictures: str
    threads: int
    side: str
    stage: str  # of runtime/stages.py, or "whole"
    ms_per_mp: Spread


def entrants(
    scenes: tuple[Scene, ...], codecs: tuple[Codec, ...], quality: float, threads: int
) -> Iterator[Next | Step | LeftOut | Entrant]:
    """Each codec with its settings for our file size; the first codec is ours."""
    yield Next("which settings of the rivals give files of our size", len(codecs))
    yield from in_child(search, Search(scenes, codecs, quality, threads), threads)


def speeds(
    scenes: tuple[Scene, ...],
    runners: Sequence[Entrant],
    against: str,
    threads: int,
    repeat: int,
    patience: Patience,
) -> Iterator[Next | Step | Coding]:
    """Two rows for each codec in each scene. `against` is the label of one of them."""
    steps = repeat * sum(len(scene.pictures) for scene in scenes)
    names = " and ".join(scene.name for scene in scenes)
    yield Next(f"{len(runners)} codecs in turns on {names}, {_count(threads)}", steps)
    found: list[Times] = []
    for told in in_child(race, Race(scenes, tuple(runners), threads, repeat, patience), threads):
        if isinstance(told, Times):
            found.append(told)
        else:
            yield told
    anchor = next(place for place, runner in enumerate(runners) if label(runner.codec) == against)
    for times in found:
        rival = next(other for other in found if (other.scene, other.entrant) == (times.scene, anchor))
        scene, runner = scenes[times.scene], runners[times.entrant]
        sides = ("encode", times.encode, rival.encode), ("decode", times.decode, rival.decode)
        for side, seconds, theirs in sides:
            yield Coding(
                scene.name,
                threads,
                runner.codec.id,
                runner.codec.settings,
                runner.codec.version,
                side,
                runner.bpp[times.scene],
                spread([scene.megapixels / duration for duration in seconds]),
                against,
                # A codec that rests has its first turns only; those are the same turns for all.
                spread([one / other for one, other in zip(theirs, seconds, strict=False)]),
            )


def stage_times(
    scenes: tuple[Scene, ...], quality: float, model: str | None, threads: int, repeat: int
) -> Iterator[Next | Step | StageTime]:
    """Rows of every stage that took any time, and "whole", for both sides of each scene."""
    yield Next(f"our time by stage, {_count(threads)}", 2 * repeat * len(scenes))
    for told in in_child(split, Split(scenes, quality, model, threads, repeat), threads):
        if not isinstance(told, Laps):
            yield told
            continue
        scene = scenes[told.scene]
        named = [(stage.value, seconds) for stage, seconds in told.stages if any(seconds)]
        for name, seconds in [*named, ("whole", told.whole)]:
            each = spread([1000 * duration / scene.megapixels for duration in seconds])
            yield StageTime(scene.name, threads, told.side, name, each)


def _count(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"
