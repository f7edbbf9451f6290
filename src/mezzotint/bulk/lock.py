# SPDX-License-Identifier: Apache-2.0
"""One job at a time in one output folder."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from mezzotint.one_line import spelled
from mezzotint.processes import locked

NAME = ".mezzotint-lock"


def only_job(folder: str) -> AbstractContextManager[None]:
    """Hold the folder's lock; FileAccess if another process holds it, OSError if the file cannot be made."""
    what = f"another job writes into {spelled(folder)}"
    return locked(os.path.join(folder, NAME), what, "wait until it ends, or choose another DST")
