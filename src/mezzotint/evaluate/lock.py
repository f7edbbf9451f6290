# SPDX-License-Identifier: Apache-2.0
"""One run at a time in one folder. The file `.lock` stays behind; only the lock on it counts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from mezzotint.processes import locked

NAME = ".lock"


def only_run(folder: Path) -> AbstractContextManager[None]:
    """Hold the folder's lock; FileAccess if another process holds it, OSError if the file cannot be made."""
    what = f"another run writes into {folder}"
    return locked(folder / NAME, what, "wait until it ends, or name another folder with -o")
