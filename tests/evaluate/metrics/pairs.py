# SPDX-License-Identifier: Apache-2.0
"""Pairs of pictures that any machine makes alike, from crops of the example photos by arithmetic alone.

    python tests/evaluate/metrics/pairs.py avx2=TOOL sse2=TOOL double=TOOL

writes ssimulacra2.json: what builds of libjxl's tool `ssimulacra2` score them. For `double`, tools/gauss_blur.cc was
changed to run its recursion in double precision, and so without its rounding. No codec takes part: another version of
it would give other pictures.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
SCORES = Path(__file__).with_name("ssimulacra2.json")
TOOL = "libjxl 0.13.0-dev, commit aea3a06e281f of 2026-08-21, with lcms2, for x86-64"

Picture = NDArray[np.uint8]


def noise(picture: Picture, spread: int) -> Picture:
    """The generator of `RandomState` is frozen: numpy promises the same numbers for ever."""
    added = np.random.RandomState(7).randint(-spread, spread + 1, picture.shape)
    return np.clip(picture + added, 0, 255).astype(np.uint8)


def coarse(picture: Picture, step: int) -> Picture:
    """Banding."""
    return np.minimum(picture // step * step + step // 2, 255).astype(np.uint8)


def soft(picture: Picture, reach: int) -> Picture:
    """Means over squares of 2 reach + 1 samples; the border repeats."""
    size = 2 * reach + 1
    padded = np.pad(picture.astype(np.int64), ((reach, reach), (reach, reach), (0, 0)), "edge")
    rows = sum(padded[top : top + len(picture)] for top in range(size))
    total = sum(rows[:, left : left + picture.shape[1]] for left in range(size))
    return ((total + size * size // 2) // (size * size)).astype(np.uint8)


def blocks(picture: Picture, size: int) -> Picture:
    """One colour a block."""
    rows, columns = (np.arange(side) // size * size for side in picture.shape[:2])
    return picture[rows][:, columns]


def moved(picture: Picture, columns: int) -> Picture:
    return np.roll(picture, columns, axis=1)


def tinted(picture: Picture, amount: int) -> Picture:
    return np.clip(picture + np.array([amount, 0, -amount]), 0, 255).astype(np.uint8)


class Case(NamedTuple):
    photo: str
    height: int
    width: int
    change: Callable[[Picture, int], Picture]
    amount: int

    @property
    def name(self) -> str:
        return f"{self.photo} {self.width}x{self.height} {self.change.__name__} {self.amount}"

    def build(self) -> tuple[Picture, Picture]:
        """The middle of the photo, and what became of it."""
        with Image.open(ROOT / "examples" / f"{self.photo}.png") as image:
            whole = np.asarray(image.convert("RGB"))
        top, left = (whole.shape[0] - self.height) // 2, (whole.shape[1] - self.width) // 2
        one = np.ascontiguousarray(whole[top : top + self.height, left : left + self.width])
        return one, self.change(one, self.amount)


CASES = (
    Case("chelsea", 300, 451, soft, 1),
    Case("chelsea", 300, 451, noise, 3),
    Case("chelsea", 161, 177, coarse, 32),
    Case("chelsea", 128, 256, blocks, 2),
    Case("chelsea", 64, 65, soft, 2),
    Case("chelsea", 33, 40, noise, 20),
    Case("chelsea", 8, 9, tinted, 9),
    Case("coffee", 400, 600, coarse, 8),
    Case("coffee", 257, 320, moved, 1),
    Case("coffee", 200, 201, blocks, 8),
    Case("coffee", 127, 130, noise, 8),
    Case("coffee", 17, 300, soft, 1),
    Case("astronaut", 512, 512, noise, 1),
    Case("astronaut", 512, 512, blocks, 4),
    Case("astronaut", 255, 256, tinted, 4),
    Case("astronaut", 129, 511, soft, 3),
    Case("astronaut", 63, 127, coarse, 64),
    Case("astronaut", 15, 16, blocks, 2),
    Case("rocket", 427, 640, soft, 2),
    Case("rocket", 427, 640, coarse, 4),
    Case("rocket", 300, 300, noise, 12),
    Case("rocket", 161, 400, tinted, 30),
    Case("rocket", 99, 100, moved, 3),
    Case("rocket", 31, 32, blocks, 4),
)


def digest(pair: tuple[Picture, Picture]) -> str:
    """Says whether another machine has the same pictures."""
    return f"{zlib.crc32(pair[1].tobytes(), zlib.crc32(pair[0].tobytes())):08x}"


def main() -> None:
    tools = dict(argument.split("=", 1) for argument in sys.argv[1:])
    if not tools:
        sys.exit(__doc__)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("one.png", "other.png")]
        for case in CASES:
            pair = case.build()
            for picture, file in zip(pair, files, strict=True):
                Image.fromarray(picture).save(file)
            scores = {name: float(_output([tool, *files])) for name, tool in tools.items()}
            lines.append(json.dumps({"case": case.name, "digest": digest(pair)} | scores))
    head = json.dumps({"tool": TOOL})[:-1]
    SCORES.write_text(head + ', "scores": [\n ' + ",\n ".join(lines) + "\n]}\n", "utf-8")


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


if __name__ == "__main__":
    main()
