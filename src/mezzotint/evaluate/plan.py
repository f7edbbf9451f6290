# SPDX-License-Identifier: Apache-2.0
"""What a sweep is asked for, what it says while it runs, and what it gives in the end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mezzotint.evaluate import images
from mezzotint.evaluate.codecs import Codec, ours
from mezzotint.evaluate.failures import Failure, Note
from mezzotint.evaluate.measure import METRICS
from mezzotint.one_line import spelled


@dataclass(frozen=True)
class Plan:
    """What is measured, and where the rows go."""

    folder: Path
    pictures: tuple[Path, ...]  # some of those in the folder
    output: Path
    codecs: tuple[Codec, ...]
    left_out: tuple[str, ...] = ()  # one line for each codec that cannot run here
    metrics: tuple[str, ...] = METRICS
    fast: bool = False  # `fast_qualities` of the codecs in place of `qualities`
    qualities: tuple[float, ...] = ()  # of ours, in place of those it names
    jobs: int = 1
    max_pixels: int = images.MAX_PIXELS

    @property
    def set_name(self) -> str:
        """The folder's name as it was typed, whatever a link leads to, and as it can be written anywhere."""
        return spelled(Path(os.path.abspath(self.folder)).name)

    def points(self) -> tuple[tuple[Codec, float], ...]:
        """What is measured of each picture. Qualities are as a row holds them, else a row would not be found again."""
        return tuple((codec, float(f"{q:g}")) for codec in self.codecs for q in self._qualities(codec))

    def _qualities(self, codec: Codec) -> tuple[float, ...]:
        if self.qualities and codec.id == ours.ID:
            return self.qualities
        return codec.fast_qualities if self.fast else codec.qualities


@dataclass(frozen=True)
class Progress:
    """How far a run is, in points of pictures."""

    total: int
    skipped: int  # that need no work: measured earlier, or of a picture that cannot be read
    done: int  # that were measured, or failed
    at_work: tuple[str, ...]  # what each process measures


class Watcher(Protocol):
    """Who is told while a run goes on."""

    def progress(self, now: Progress) -> None: ...
    def say(self, line: str) -> None: ...


@dataclass(frozen=True)
class Count:
    """Rows of one codec that this run was asked for."""

    codec: str
    measured: int  # by this run
    kept: int  # from earlier ones


@dataclass(frozen=True)
class Summary:
    output: str
    images: int  # that could be read
    rows: int  # in the table, those that nobody asked for this time too
    measured: int
    kept: int
    seconds: float
    codecs: tuple[Count, ...]
    left_out: tuple[str, ...]
    failures: tuple[Failure, ...]
    notes: tuple[Note, ...]
