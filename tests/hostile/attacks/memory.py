# SPDX-License-Identifier: Apache-2.0
"""Resident memory of this process, and its high-water mark, where the system tells (Linux).

Trap: the mark is the whole process's and only rises, so it has to be set back before each measurement.
"""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")
MARK = Path("/proc/self/clear_refs")


def begin() -> int | None:
    """Set the mark back; bytes that are resident now, or None where nobody knows."""
    try:
        MARK.write_text("5")
    except OSError:
        return None
    return resident()


def rise(before: int | None) -> int | None:
    """How far resident memory rose above `before`, at most, since `begin`."""
    return None if before is None else max(0, _field("VmHWM") - before)


def resident() -> int | None:
    return _field("VmRSS") if STATUS.exists() else None


def _field(key: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024
