# SPDX-License-Identifier: Apache-2.0
"""The rows of a board and the file that holds them: one JSON object a line, one line a part.

Rows compare only under one set of terms (budget, photos, device, precision); a file never holds two.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mezzotint.lab.leaderboard import lines


@dataclass(frozen=True)
class Terms:
    """What all rows of a board share."""

    budget_pixels: int  # that training sees
    block_kmac: float  # of each block at 1/16, mixer and MLP, kMAC/px
    data: str  # digest of the photos: which, and which of them measure
    device: str  # "cpu", "cuda"
    precision: str  # of training: "bfloat16" or "float32"


@dataclass(frozen=True)
class Row:
    """One part. Numbers are None where `reason` says why there are none."""

    name: str  # of the part, in a spec
    id: str  # that of the list of published systems
    family: str
    spec: str  # what stood in the blocks: a mixer or a cycle of them
    scaled_down: str  # what ours leaves out of the published part
    terms: Terms
    seeds: tuple[int, ...]  # of the initial weights and of the noise
    commit: str | None
    processor: str
    reason: str = ""
    kmac_px: float | None = None  # analysis and synthesis, counted
    hidden: int | None = None  # width of the MLPs, which evens out the cost
    parameters: int | None = None  # of the whole skeleton
    ms_per_mp: float | None = (
        None  # analysis and synthesis in onnxruntime, milliseconds a megapixel, one thread
    )
    ms_per_mp_2: float | None = None  # the same on two threads
    ms_ratio: float | None = None  # to the convolution block's in the same minute, one thread
    ms_ratio_2: float | None = None
    peak_mib: float | None = None  # memory that both graphs add to a process, on the timed picture
    bd_rate: float | None = (
        None  # percent against the mean curve of the convolution block; the mean over seeds
    )
    bd_rates: tuple[float, ...] = ()  # a seed each
    curves: tuple[tuple[tuple[float, float], ...], ...] = ()  # a seed each: (bits per pixel, PSNR) a quality
    steps_skipped: int | None = None  # whose loss or gradient was not finite, of all seeds
    train_seconds: float | None = None  # of the slowest seed


def read(path: Path) -> list[Row]:
    """Rows in order, none where there is no file; ValueError with the remedy for a damaged line."""
    return lines.read(path, _parse)


def write(path: Path, rows: list[Row]) -> None:
    """All rows, or the file as it was."""
    lines.write(path, [flat(row) for row in rows])


def flat(row: Row) -> dict[str, Any]:
    """The fields of a row and of its terms in one object."""
    document = asdict(row)
    terms = document.pop("terms")
    return {**document, **terms}


def _parse(document: dict[str, Any]) -> Row:
    terms = Terms(**{f.name: document.pop(f.name) for f in fields(Terms)})
    tuples = {name: lines.tuples(document.pop(name)) for name in ("seeds", "bd_rates", "curves")}
    return Row(terms=terms, **tuples, **document)


def refuse_other_terms(path: Path, rows: list[Row], terms: Terms) -> None:
    """ValueError when the file's rows were made under other terms."""
    for row in rows:
        for f in fields(Terms):
            found, wanted = getattr(row.terms, f.name), getattr(terms, f.name)
            if found != wanted:
                raise ValueError(
                    f"{path} holds rows with {f.name} {found}, not {wanted}: give another --out, or the same as then"
                )
