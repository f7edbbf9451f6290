# SPDX-License-Identifier: Apache-2.0
"""Cold start: whole commands on one picture of 768x512, process, networks and files included.

Beside ours the commands that people know, where they are at hand: a courtesy, since their files are only about as large
as ours and their versions are the system's. The disk's cache is warm: a first run of each command is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.codecs.protocol import Pixels
from mezzotint.evaluate.speed import commands
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.spread import Spread, spread

# In this order, each reads a photo that is there or a file that one before it made.
_OTHERS = (
    "cwebp -quiet -m 6 {folder}/photo.png -o {folder}/photo.webp",
    "dwebp -quiet {folder}/photo.webp -ppm -o {folder}/webp.ppm",
    "avifenc --speed 6 --jobs {threads} {folder}/photo.png {folder}/photo.avif",
    "avifdec --jobs {threads} {folder}/photo.avif {folder}/avif.png",
    "cjxl --quiet --num_threads={threads} {folder}/photo.png {folder}/photo.jxl",
    "djxl --quiet --num_threads={threads} {folder}/photo.jxl {folder}/jxl.ppm",
    "cjpeg -optimize -outfile {folder}/photo.jpg {folder}/photo.ppm",
    "djpeg -ppm -outfile {folder}/jpeg.ppm {folder}/photo.jpg",
)


@dataclass(frozen=True)
class Start:
    """One command."""

    command: str  # "mzt decode"
    ours: bool
    threads: int
    seconds: Spread
    peak_mib: float  # the largest of all runs


def starts(
    folder: Path, pixels: Pixels, quality: float, model: str | None, threads: int, repeat: int
) -> Iterator[Next | Step | Start]:
    """A row for every command that is at hand; `folder` is an empty one to work in. MezzotintError if ours fails."""
    image = Image.fromarray(pixels)
    for suffix in ("png", "ppm", "jpg"):
        image.save(folder / f"photo.{suffix}")
    ours = [("mzt version", [*commands.mzt(), "version"])]
    for verb in ("encode", "decode"):
        ours.append((f"mzt {verb}", commands.coding(verb, folder, quality, model, threads)))
    words = [[part.format(folder=folder, threads=threads) for part in line.split()] for line in _OTHERS]
    others = [(command[0], command) for command in words if commands.at_hand(command[0])]
    yield Next(f"cold start of {', '.join(name for name, _ in ours + others)}", len(ours) + len(others))
    for name, command in ours:
        yield _start(name, command, True, threads, repeat)
        yield Step()
    for name, command in others:
        with suppress(
            MezzotintError
        ):  # an old one without an option, or without its input: no concern of ours
            yield _start(name, command, False, threads, repeat)
        yield Step()


def _start(name: str, command: list[str], ours: bool, threads: int, repeat: int) -> Start:
    commands.run(command, threads)
    costs = [commands.run(command, threads) for _ in range(repeat)]
    peak = max(cost.peak_bytes for cost in costs) / 2**20
    return Start(name, ours, threads, spread([cost.seconds for cost in costs]), peak)
