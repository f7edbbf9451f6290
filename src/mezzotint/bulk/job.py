# SPDX-License-Identifier: Apache-2.0
"""What goes between the run and its workers: a job a file, an answer a job, and the converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Stamp:
    """By what a source is known again."""

    size: int  # bytes
    mtime_ns: int  # when it was last changed


@dataclass(frozen=True)
class Job:
    """One file for a worker; paths are whole, the worker knows of no folders."""

    number: int
    source: str
    temporary: str | None  # where the output is to be written; None: only compare the source with `output`
    output: str
    check: bool = False  # whether the source is to be deleted, so that the output must prove itself


@dataclass(frozen=True)
class Made:
    """The output is written and synced under its temporary name, or (temporary None) compared."""

    stamp: Stamp  # of the source as it was read
    size: int  # bytes of the output
    sha256: str  # of the output
    pixels: int
    notes: tuple[str, ...]  # what was lost on the way
    keep: str | None  # why the source must not be deleted; "" where it may, None where nobody looked


@dataclass(frozen=True)
class Failed:
    """One line: what is wrong; what to do. Nothing is left of the output."""

    error: str


Answer = Made | Failed
Answered = tuple[Job, Answer]


@dataclass(frozen=True)
class Converted:
    """The bytes of an output file, and how many pixels its picture has."""

    data: bytes
    pixels: int


class Converter(Protocol):
    """Bytes of a source to bytes of an output, in a worker; it is pickled on its way there.

    Warnings (UserWarning) that `convert` and `compare` give are taken for losses: they are listed, and the source is
    not deleted. Errors are MezzotintError.
    """

    def open(self) -> None:
        """Load what every file needs. What is raised here ends the whole job."""

    def length(self, first: bytes) -> int | None:
        """How long a source should be whose first MiB is given; None where that does not tell.

        MezzotintError for one that is refused by it: no more of it is read.
        """

    def convert(self, data: bytes) -> Converted:
        """Convert the bytes of a source."""

    def compare(self, source: bytes, written: bytes) -> str:
        """Decode both: why the source holds more than the output, or "". MezzotintError if they do not match at all."""
