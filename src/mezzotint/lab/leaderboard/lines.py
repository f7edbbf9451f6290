# SPDX-License-Identifier: Apache-2.0
"""A file of rows: one JSON object a line, written anew for each row and moved into place.

So a run that is killed leaves whole rows, and the next goes on behind them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def read(path: Path, parse: Callable[[dict[str, Any]], Row]) -> list[Row]:
    """Rows in order, none where there is no file; ValueError with the remedy for a damaged line."""
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            rows.append(parse(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                f"{path}, line {number}, is no row of a board: delete the line or give another --out"
            ) from error
    return rows


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """All rows, or the file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def tuples(value: Any) -> Any:
    """Lists, as JSON has them, as tuples, all the way down."""
    return tuple(tuples(v) for v in value) if isinstance(value, list) else value
