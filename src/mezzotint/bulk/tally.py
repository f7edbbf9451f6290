# SPDX-License-Identifier: Apache-2.0
"""What a job has come to, while it runs and at its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Remark:
    """A source, below SRC, and one line about it."""

    file: str
    text: str


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    files: int  # seen to, in whatever way
    pixels: int  # converted
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True)
class Summary:
    """Every source is converted, skipped or failed."""

    files: int
    converted: int
    skipped: int  # done before
    left_alone: int  # files below SRC that are no sources, or that the patterns leave out
    deleted: int  # sources
    pixels: int  # of what was converted
    bytes_in: int
    bytes_out: int
    seconds: float
    failures: tuple[Remark, ...]
    kept: tuple[Remark, ...]  # sources that were to be deleted and were not, and why
    losses: tuple[Remark, ...]  # what conversions lost


@dataclass
class Tally:
    """The counts as they grow."""

    start: float = field(default_factory=time.monotonic)
    converted: int = 0
    skipped: int = 0
    left_alone: int = 0
    deleted: int = 0
    pixels: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    failures: list[Remark] = field(default_factory=list)
    kept: list[Remark] = field(default_factory=list)
    losses: list[Remark] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.converted + self.skipped + len(self.failures)

    def fail(self, file: str, error: object) -> None:
        self.failures.append(Remark(file, str(error)))

    def progress(self) -> Progress:
        return Progress(self.files, self.pixels, self.bytes_in, self.bytes_out)

    def summary(self) -> Summary:
        return Summary(
            files=self.files,
            converted=self.converted,
            skipped=self.skipped,
            left_alone=self.left_alone,
            deleted=self.deleted,
            pixels=self.pixels,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            seconds=round(time.monotonic() - self.start, 3),
            failures=_sorted(self.failures),
            kept=_sorted(self.kept),
            losses=_sorted(self.losses),
        )


def _sorted(remarks: list[Remark]) -> tuple[Remark, ...]:
    """Workers answer in any order."""
    return tuple(sorted(remarks, key=lambda remark: remark.file))
