# SPDX-License-Identifier: Apache-2.0
"""One measurement is one row of `rows.csv`, written as soon as it is made and never made twice.

A row says what was measured (codec, version, settings, quality, image and a digest of its pixels), and what came out.
A field that was not measured is empty, and None in Python. The last row of a key wins, so that a run that adds metrics
appends; a last line that was cut off is dropped.
"""

from __future__ import annotations

import csv
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

from mezzotint.errors import DamagedFile

NAME = "rows.csv"
PSNR_CAP = 100.0  # dB in a row; identical pictures have this value, where the formula gives infinity

Key = tuple[str, str, str, float, str, str]  # codec, version, settings, quality, image, digest


@dataclass(frozen=True)
class Row:
    """One file of one codec. Sizes in bytes and pixels, times in seconds on `threads` threads."""

    codec: str
    version: str
    settings: str
    quality: float
    image: str  # path below the folder, with "/"
    digest: (
        str  # first 12 hex digits of SHA-256 over shape and samples, so that a changed image is measured anew
    )
    width: int
    height: int
    bytes: int
    bpp: float
    psnr: float | None  # dB over all RGB samples, at most PSNR_CAP
    ms_ssim: float | None  # 0..1; None also where the picture is too small for five scales
    ssimulacra2: float | None  # 100 is identical; can be negative
    encode_s: float
    decode_s: float
    threads: int
    metrics: str  # which were asked for: "psnr" or "psnr ms_ssim ssimulacra2"

    @property
    def key(self) -> Key:
        return self.codec, self.version, self.settings, self.quality, self.image, self.digest


COLUMNS = tuple(field.name for field in fields(Row))
_OPTIONAL = ("psnr", "ms_ssim", "ssimulacra2")
_FLOATS = ("quality", "bpp", "encode_s", "decode_s")
_INTS = ("width", "height", "bytes", "threads")


def read(path: Path) -> list[Row]:
    """The rows of a file, the last of each key; none where there is no file. DamagedFile if it is no such table."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8", errors="replace") as file:  # a name may be cut in a letter
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise DamagedFile(f"{path} is not a table of measurements", "name another folder with -o")
        rows = [_parse(line) for line in reader if all(line.get(name) is not None for name in COLUMNS)]
    return list({row.key: row for row in rows if row is not None}.values())


def start(path: Path, rows: list[Row]) -> IO[str]:
    """The file open for `append`, holding `rows`: what a stopped run left is written clean first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    try:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(_line(row) for row in rows)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave an empty file under the name
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return open(path, "a", newline="", encoding="utf-8")  # the caller closes it


def append(file: IO[str], row: Row) -> None:
    """Write one row through to the system, so that a killed run keeps it."""
    csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(_line(row))
    file.flush()


def _line(row: Row) -> dict[str, object]:
    line = {name: "" if value is None else value for name, value in asdict(row).items()}
    line["quality"] = f"{row.quality:g}"
    for name, digits in (
        ("bpp", 6),
        ("psnr", 5),
        ("ms_ssim", 6),
        ("ssimulacra2", 4),
        ("encode_s", 4),
        ("decode_s", 4),
    ):
        if line[name] != "":
            line[name] = f"{line[name]:.{digits}f}"
    return line


def _parse(line: dict[str, str]) -> Row | None:
    """None for a line that was cut off in the middle of a number or a word."""
    try:
        values: dict[str, object] = dict(line)
        values |= {name: float(line[name]) for name in _FLOATS}
        values |= {name: int(line[name]) for name in _INTS}
        values |= {name: float(line[name]) if line[name] else None for name in _OPTIONAL}
    except ValueError:
        return None
    return Row(**values)  # type: ignore[arg-type]
