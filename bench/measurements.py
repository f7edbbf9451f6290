# SPDX-License-Identifier: Apache-2.0
"""One measurement is one row of a CSV file, written at once and never measured twice."""

from __future__ import annotations

import csv
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mezzotint.evaluate import psnr
from rivals import Codec, Pixels

Key = tuple[str, float, str, str]  # codec, quality, picture, model


@dataclass(frozen=True)
class Row:
    codec: str
    quality: float
    picture: str
    model: str  # its id; empty for rivals
    width: int
    height: int
    size: int  # bytes of the whole file
    psnr: float  # dB, over RGB
    encode_s: float
    decode_s: float

    @property
    def bpp(self) -> float:
        return 8 * self.size / (self.width * self.height)

    @property
    def key(self) -> Key:
        return self.codec, self.quality, self.picture, self.model


def measure(codec: Codec, key: Key, pixels: Pixels, threads: int) -> Row:
    """Encode, decode, compare."""
    start = time.perf_counter()
    data = codec.encode(pixels, key[1], threads)
    middle = time.perf_counter()
    back = codec.decode(data, threads)
    end = time.perf_counter()
    return Row(
        *key,
        width=pixels.shape[1],
        height=pixels.shape[0],
        size=len(data),
        psnr=round(psnr(pixels, back), 5),
        encode_s=round(middle - start, 5),
        decode_s=round(end - middle, 5),
    )


class Rows:
    """The rows of a CSV file; a last line that was cut off is dropped and measured again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = [field.name for field in fields(Row)]
        self._rows = {row.key: row for row in self._read()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, self._names)
            writer.writeheader()
            writer.writerows(asdict(row) for row in self._rows.values())

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def __getitem__(self, key: Key) -> Row:
        return self._rows[key]

    def add(self, row: Row) -> None:
        self._rows[row.key] = row
        with open(self._path, "a", newline="") as file:
            csv.DictWriter(file, self._names).writerow(asdict(row))

    def _read(self) -> list[Row]:
        if not self._path.exists():
            return []
        with open(self._path, newline="") as file:
            lines = list(csv.DictReader(file))
        return [_parse(line) for line in lines if all(line.get(name) is not None for name in self._names)]


def _parse(line: dict[str, str]) -> Row:
    return Row(
        width=int(line["width"]),
        height=int(line["height"]),
        size=int(line["size"]),
        psnr=float(line["psnr"]),
        encode_s=float(line["encode_s"]),
        decode_s=float(line["decode_s"]),
        codec=line["codec"],
        quality=float(line["quality"]),
        picture=line["picture"],
        model=line["model"],
    )
