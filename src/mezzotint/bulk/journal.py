# SPDX-License-Identifier: Apache-2.0
"""What is done in an output folder: DST/.mezzotint-journal.jsonl, one JSON object a line, only ever appended to.

    {"journal": 1, "job": "3f9c01aa", "source": "/photos", ...}   a job began; its temporary files carry the number
    {"begin": "a/b.png", "output": "a/b.mzt", "sha256": ...}      the output is complete, and about to be renamed
    {"done": "a/b.png", "output": "a/b.mzt", "sha256": ...}       it has its name

An output that stands under its name with a `begin` and no `done` was renamed just before the end: its hash tells.
Names of any bytes survive: what is not UTF-8 is held as lone surrogates, which JSON writes as \\udcXX.

Traps: the last line may be torn by a kill or a full disk, so it is cut off before anything is appended. And memory: of
each record only its place in the file is held, eight bytes, under its folder; a folder's records are read in its turn.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from mezzotint.bulk.job import Stamp
from mezzotint.errors import UnsupportedVersion

NAME = ".mezzotint-journal.jsonl"
VERSION = 1
Kind = Literal["begin", "done"]


@dataclass(frozen=True)
class Record:
    """One source and its output; paths are below SRC and DST, parted by `/`."""

    kind: Kind
    source: str
    root: str  # SRC
    size: int  # of the source
    mtime_ns: int
    options: str  # a hash of all that shapes the output
    output: str
    length: int  # of the output, in bytes
    sha256: str
    keep: str | None = None  # as in job.Made; "" means that the source was deleted, or was about to be

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.size, self.mtime_ns)

    def done(self) -> Record:
        return replace(self, kind="done")

    def line(self) -> bytes:
        fields = {self.kind: self.source, **asdict(self)}
        del fields["kind"], fields["source"]
        return _line(fields)


@dataclass(frozen=True)
class Shelf:
    """What the journal says of one folder; records are read when they are asked for."""

    journal: Journal
    last: dict[str, int] = field(default_factory=dict)  # source -> place of its last record
    before: dict[str, list[int]] = field(default_factory=dict)  # the others, back to its last `done`
    odd: dict[str, str] = field(default_factory=dict)  # outputs that are not the usual ones

    def records(self, name: str) -> tuple[Record, ...]:
        """Of a source, the newest first: its last `done`, and each `begin` since."""
        places = [*self.before.get(name, ()), self.last[name]] if name in self.last else []
        return tuple(record for place in reversed(places) if (record := self.journal.read(place)))

    def add(self, record: Record, place: int, plain: str) -> None:
        name, output = record.source.rpartition("/")[2], record.output.rpartition("/")[2]
        if record.kind == "done":
            self.before.pop(name, None)
        elif name in self.last:
            self.before.setdefault(name, []).append(self.last[name])
        self.last[name] = place
        self.odd.pop(name, None)
        if output != plain:
            self.odd[name] = output


class Journal:
    """The journal of a folder, which need not exist. Only who holds the folder's lock may write it."""

    def __init__(self, folder: str, writable: bool = True) -> None:
        """UnsupportedVersion if a newer release has written it, OSError if it cannot be opened."""
        self.path = os.path.join(folder, NAME)
        self.jobs: set[str] = set()  # numbers of all jobs before
        self._places: dict[str, array[int]] = {}
        self._end = 0
        self._unsynced = False
        self._descriptor: int | None = None
        if os.path.exists(self.path):
            self._load()
        if writable:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self.path, flags, 0o666)
            os.ftruncate(self._descriptor, self._end)
        elif os.path.exists(self.path):
            self._descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def start(self, job: str, facts: dict[str, Any]) -> None:
        """Say that a job begins, for good."""
        self._append(_line({"journal": VERSION, "job": job, **facts}))
        self.sync()

    def append(self, records: Iterable[Record]) -> None:
        """Write records; a power cut may lose them until `sync`. After an OSError none of them is there."""
        self._append(b"".join(record.line() for record in records))

    def sync(self) -> None:
        if self._unsynced and self._descriptor is not None:
            os.fsync(self._descriptor)
            self._unsynced = False

    def folder(self, path: str, usual: Callable[[str], str | None]) -> Shelf:
        """What is known of one folder; `usual` gives the plainest output of a source, None for what is no source."""
        shelf = Shelf(self)
        for place in self._places.get(path, ()):
            record = self.read(place)
            if record is not None and (plain := usual(record.source.rpartition("/")[2])) is not None:
                shelf.add(record, place, plain)
        return shelf

    def read(self, place: int) -> Record | None:
        """The record at a place in the file; None if it is damaged."""
        assert self._descriptor is not None
        os.lseek(self._descriptor, place, os.SEEK_SET)
        chunk = b""
        while b"\n" not in chunk:
            more = os.read(self._descriptor, 1 << 10)
            if not more:
                return None
            chunk += more
        return _record(_parsed(chunk[: chunk.index(b"\n")]))

    def _append(self, data: bytes) -> None:
        assert self._descriptor is not None
        left = memoryview(data)
        try:
            while left:  # a full disk may take a part of it
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(data)
        self._unsynced = True

    def _load(self) -> None:
        """Find all records, and where the last whole line ends."""
        with open(self.path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._index(_parsed(line))
                self._end += len(line)

    def _index(self, fields: dict[str, Any]) -> None:
        if "journal" in fields:
            if fields["journal"] != VERSION:
                raise UnsupportedVersion(
                    f"{self.path} is of version {fields['journal']}, and this release writes {VERSION}",
                    "install a newer release, or choose another DST",
                )
            self.jobs.add(str(fields.get("job")))
        source = fields.get("done", fields.get("begin"))
        if isinstance(source, str):
            self._places.setdefault(source.rpartition("/")[0], array("Q")).append(self._end)


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def _parsed(line: bytes) -> dict[str, Any]:
    """A line's fields; none if it is damaged, which makes its output one that nobody knows, and so is kept."""
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _record(fields: dict[str, Any]) -> Record | None:
    kind: Kind = "done" if "done" in fields else "begin"
    try:
        record = Record(kind, fields.pop(kind), **fields)
    except (KeyError, TypeError):
        return None
    numbers = (record.size, record.mtime_ns, record.length)
    texts = (record.source, record.root, record.options, record.output, record.sha256)
    whole = all(type(number) is int for number in numbers) and all(type(text) is str for text in texts)
    return record if whole and type(record.keep) in (str, type(None)) else None
