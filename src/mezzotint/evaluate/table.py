# SPDX-License-Identifier: Apache-2.0
"""The table of a sweep while it grows: each row goes to the disk at once, and at the end all stand in one order.

Trap: a disk that is full cuts a row in the middle. Such a row is dropped when the table is read again, and everything
before it is whole.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mezzotint.errors import FileAccess
from mezzotint.evaluate import images, rows
from mezzotint.evaluate.codecs import FAMILIES
from mezzotint.evaluate.rows import Key, Row

GOES_ON = "the same command goes on where this one stopped"
_SYNC_SECONDS = 5.0  # at most so much work is lost to a power cut
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Table:
    """rows.csv in a folder: what is there, and one more row at a time. Raises OSError and what `rows.read` does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / rows.NAME
        self._rows = {row.key: row for row in rows.read(self.path)}
        self._file = rows.start(self.path, list(self._rows.values()))
        self._synced = time.monotonic()

    def __len__(self) -> int:
        return len(self._rows)

    def has(self, key: Key, metrics: Sequence[str]) -> bool:
        """Whether these metrics of this point need not be measured."""
        row = self._rows.get(key)
        return row is not None and set(metrics) <= set(row.metrics.split())

    def add(self, row: Row) -> None:
        rows.append(self._file, row)
        self._rows[row.key] = row
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def finish(self, digests: Mapping[str, str]) -> None:
        """Write all rows in order, without those of other pixels than `digests` says of a picture."""
        kept = [row for row in self._rows.values() if digests.get(row.image, row.digest) == row.digest]
        self._rows = {row.key: row for row in sorted(kept, key=_place)}
        self._file.close()
        self._file = rows.start(self.path, list(self._rows.values()))

    def close(self) -> None:
        with suppress(OSError):  # the end of a row that found no space
            self._file.close()


def _place(row: Row) -> tuple[object, ...]:
    """Where a row stands in a finished table, whatever order it was measured in."""
    family = list(FAMILIES).index(row.codec) if row.codec in FAMILIES else len(FAMILIES)
    return images.natural(row.image), family, row.codec, row.settings, row.version, row.quality, row.digest


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the system says about the output into FileAccess, with what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise FileAccess(f"no space is left in {folder}", f"free some, and {GOES_ON}") from None
        if isinstance(error, FileExistsError | NotADirectoryError):
            raise FileAccess(f"{folder} is not a folder", "choose another with -o") from None
        what = f"{folder} cannot be written: {error.strerror or error}"
        raise FileAccess(what, "choose another folder with -o, or mend its permissions") from None
