# SPDX-License-Identifier: Apache-2.0
"""The rows of the board of published systems: what each costs, where it stands, whether its paper's claim held here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mezzotint.lab.leaderboard import lines
from mezzotint.lab.systems.claims import Curve

OTHER_PICTURES = "measured on fewer and smaller pictures"  # why a row has a curve and no BD-rate


@dataclass(frozen=True)
class Terms:
    """What all rows of a board share."""

    budget_pixels: int  # that training sees
    data: str  # digest of the photos: which, and which of them measure
    side: int  # of the held-out squares, pixels
    threads: int
    precision: str  # of training: "bfloat16" or "float32"


@dataclass(frozen=True)
class SystemRow:
    """One system. Numbers are None where there are none: ``bd_reason`` says why of the first."""

    id: str  # that of the list of published systems
    name: str
    family: str
    title: str
    year: int
    spec: str
    scaled_down: str  # what ours leaves out
    terms: Terms
    seeds: tuple[int, ...]
    commit: str | None
    processor: str
    media: str  # what it takes
    parameters: int | None  # learned ones
    kmac_px: float  # thousand multiply-accumulates a pixel, both sides, counted over torch's products while it codes
    kmac_encode: float
    kmac_decode: float
    bytes: int  # of the timed picture's file, at its middle quality
    pixels: int  # of the timed picture
    encode_seconds: float  # of processor time, summed over threads
    decode_seconds: float
    exact: bool  # every example photo came back from its file as the encoder said, byte for byte, twice alike
    train_seconds: float  # by the clock, beside whatever else the machine did
    curve: Curve = ()  # (bits per pixel of whole files, PSNR) a quality, over the held-out pictures
    bd_rate: float | None = None  # percent against the plain skeleton
    bd_reason: str = ""
    off: str = ""  # spec of the ablation
    off_curve: Curve = ()
    claim: str = ""  # the paper's
    measure: str = ""  # by which it was judged
    claim_on: float | None = None  # with the idea
    claim_off: float | None = None  # and without
    confirmed: bool | None = None
    figures: tuple[tuple[str, float, str], ...] = ()  # what else the role check found: name, value, unit


def read(path: Path) -> list[SystemRow]:
    """Rows in order, none where there is no file; ValueError with the remedy for a damaged line."""
    return lines.read(path, _parse)


def write(path: Path, rows: list[SystemRow]) -> None:
    """All rows, or the file as it was."""
    lines.write(path, [flat(row) for row in rows])


def flat(row: SystemRow) -> dict[str, Any]:
    """The fields of a row and of its terms in one object."""
    document = asdict(row)
    terms = document.pop("terms")
    return {**document, **terms}


def _parse(document: dict[str, Any]) -> SystemRow:
    terms = Terms(**{f.name: document.pop(f.name) for f in fields(Terms)})
    return SystemRow(terms=terms, **{name: lines.tuples(value) for name, value in document.items()})


def refuse_other_terms(path: Path, rows: list[SystemRow], terms: Terms) -> None:
    """ValueError when the file's rows were made under other terms."""
    for row in rows:
        if row.terms != terms:
            raise ValueError(f"{path} holds rows made under {row.terms}, not {terms}: give another --out")
