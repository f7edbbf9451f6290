# SPDX-License-Identifier: Apache-2.0
"""One job inside a worker: read, convert, write, read back, compare; and a line for whatever goes wrong.

Trap: on odd pictures Pillow's plugins raise nearly anything, and one picture must not end a night's work. So every
exception becomes an answer here, the border of the process.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mezzotint.bulk import files
from mezzotint.bulk.job import Answer, Converter, Failed, Job, Made
from mezzotint.errors import FileAccess, MezzotintError
from mezzotint.one_line import one_line


def answer(job: Job, converter: Converter) -> Answer:
    """Do a job; after a failure nothing is left of its output."""
    try:
        return _compare(job, converter) if job.temporary is None else _convert(job, job.temporary, converter)
    except MezzotintError as error:
        found = Failed(str(error))
    except MemoryError:
        found = Failed("out of memory; try it again with fewer --jobs")
    except Exception as error:
        found = Failed(f"{type(error).__name__}: {one_line(error)}; please report this")
    if job.temporary is not None:
        with suppress(OSError):
            os.unlink(job.temporary)
    return found


def _convert(job: Job, temporary: str, converter: Converter) -> Made:
    source = files.read(job.source, converter.length)
    notes: list[str] = []
    with _noted(notes):
        converted = converter.convert(source.data)
    with files.explained_write(os.path.dirname(job.output)):
        files.write(temporary, converted.data, source.mode)
    keep: str | None = None
    if job.check:
        with files.explained_write(os.path.dirname(job.output)):
            written = files.read_back(temporary)
        if written != converted.data:
            raise FileAccess("its output reads back differently", "check the disk of DST")
        keep = _judged(converter, source.data, written, notes)
    _check_unchanged(job.source, source)
    digest = hashlib.sha256(converted.data).hexdigest()
    return Made(source.stamp, len(converted.data), digest, converted.pixels, tuple(notes), keep)


def _compare(job: Job, converter: Converter) -> Made:
    """A source with an output of an earlier job."""
    source = files.read(job.source, converter.length)
    with files.explained_write(os.path.dirname(job.output)):
        written = files.read_back(job.output)
    notes: list[str] = []
    keep = _judged(converter, source.data, written, notes)
    _check_unchanged(job.source, source)
    return Made(source.stamp, len(written), hashlib.sha256(written).hexdigest(), 0, tuple(notes), keep)


def _judged(converter: Converter, source: bytes, written: bytes, notes: list[str]) -> str:
    """Why the source must stay; what lost something stays without a look."""
    reason = ""
    if not notes:
        with _noted(notes):
            reason = converter.compare(source, written)
    return "; ".join(notes) or reason


def _check_unchanged(path: str, source: files.Source) -> None:
    with files.explained_read():
        now = files.stamp_of(os.stat(path))
    if now != source.stamp:
        raise FileAccess(
            "it changed while it was converted", "run the same command again when it is complete"
        )


@contextmanager
def _noted(notes: list[str]) -> Iterator[None]:
    """Collect what is lost, each loss once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        if (note := one_line(warning.message)) not in notes:
            notes.append(note)
