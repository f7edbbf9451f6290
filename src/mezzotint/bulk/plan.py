# SPDX-License-Identifier: Apache-2.0
"""What to do with one source: nothing, as its output is there; adopt it, compare it, make it, or refuse.

An output is the job's own if the journal has its hash; everything else under that name is somebody's, and is replaced
only with --force. Even of the job's own it does not replace the last copy of a picture: where a source was deleted, and
another has come to stand under its name (cameras start again at IMG_0001), the output stays.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from mezzotint.bulk import files
from mezzotint.bulk.job import Stamp
from mezzotint.bulk.journal import Record
from mezzotint.errors import OutputExists
from mezzotint.one_line import spelled

Known = tuple[Record, ...]  # of one source, the newest first; journal.Shelf.records


class Step(Enum):
    """The values are what a dry run says."""

    SKIP = "skip"  # the output is there and said to be done
    ADOPT = "adopt"  # the output is there, and only the journal lacks the line
    DELETE = "delete the source"  # it should have been deleted
    CHECK = "compare"  # the output is there; compare it, so that the source can be deleted
    MAKE = "convert"
    REPLACE = "replace"  # convert it, though something stands in its place


@dataclass(frozen=True)
class Asked:
    """What every source of a job shares in this decision."""

    root: str  # SRC
    options: str  # a hash
    force: bool
    delete: bool


@dataclass(frozen=True)
class Decision:
    step: Step
    record: Record | None = None  # that of the output which is there


def decide(asked: Asked, source: str, output: str, name: str, known: Known) -> Decision:
    """The step for the file `source`, whose output is at `output` and called `name` in the journal.

    OutputExists if something else is there, FileAccess if the source or that cannot be read.
    """
    with files.explained_read():
        stamp = files.stamp_of(os.stat(source))
    if not os.path.lexists(output):
        return Decision(Step.MAKE)
    with files.explained_write(os.path.dirname(output)):
        record = _match(known, stamp, asked.options, name, output)
        if record is None:
            if not asked.force and not _own(known, stamp, asked.root, name, output):
                raise OutputExists(f"{spelled(name)} exists already", "add --force to replace it")
            return Decision(Step.REPLACE)
        return Decision(_rest(asked, record, output), record)


def _match(known: Known, stamp: Stamp, options: str, name: str, output: str) -> Record | None:
    """The record of this very source, these options and the output as it is."""
    for record in known:
        if (record.stamp, record.options, record.output) != (stamp, options, name):
            continue
        there = os.path.isfile(output) and os.path.getsize(output) == record.length
        if there and (record.kind == "done" or files.sha256(output) == record.sha256):
            return record
    return None


def _rest(asked: Asked, record: Record, output: str) -> Step:
    if asked.delete and (record.keep is None or record.root != asked.root):
        return Step.CHECK
    if record.kind == "begin":
        return Step.ADOPT
    if asked.delete and record.keep == "":
        return Step.DELETE if files.sha256(output) == record.sha256 else Step.CHECK
    return Step.SKIP


def _own(known: Known, stamp: Stamp, root: str, name: str, output: str) -> bool:
    """Whether the output came from an earlier state of the same source, or from other options, and is no last copy."""
    own = [record for record in known if (record.root, record.output) == (root, name)]
    if not own or not os.path.isfile(output) or os.path.islink(output):
        return False
    digest = files.sha256(output)
    return any(record.sha256 == digest and (record.keep != "" or record.stamp == stamp) for record in own)
