# SPDX-License-Identifier: Apache-2.0
"""The log of a run: a CSV file with a row every few steps, cut back to the checkpoint when a run is resumed."""

from __future__ import annotations

import csv
from pathlib import Path

from mezzotint.lab.train.update import Step

NAME = "log.csv"
COLUMNS = ("step", "seconds", "loss", "y_bpp", "z_bpp", "mse", "val_loss")


class Log:
    """Rows are means over the steps since the last one; seconds count from the start of a slice."""

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / NAME
        self._recent: list[tuple[float, float, float, float]] = []
        self._rewind(step)

    def saw(self, step: Step) -> None:
        """Keep a step that was taken for the next row."""
        self._recent.append((step.loss, step.y_bpp, step.z_bpp, step.mse))

    def means(self) -> tuple[float, ...]:
        """Loss, y_bpp, z_bpp and mse since the last row; nothing where no step was taken."""
        return tuple(sum(c) / len(c) for c in zip(*self._recent, strict=True))

    def write(self, step: int, seconds: float, validation: float | None) -> None:
        fresh = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(COLUMNS)
            found = "" if validation is None else f"{validation:.5f}"
            writer.writerow([step, f"{seconds:.0f}", *(f"{v:.5f}" for v in self.means()), found])
        self._recent = []

    def _rewind(self, step: int) -> None:
        """Drop rows past the checkpoint: they come again."""
        if self.path.exists():
            with self.path.open(newline="") as file:
                rows = list(csv.reader(file))
            kept = rows[:1] + [r for r in rows[1:] if r and r[0].isdigit() and int(r[0]) <= step]
            with self.path.open("w", newline="") as file:
                csv.writer(file).writerows(kept)
