# SPDX-License-Identifier: Apache-2.0
"""`mzt encode`: a picture that Pillow opens -> a .mzt file."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from mezzotint.bitstream import Limits
from mezzotint.cli import files, options


@click.command(
    short_help="Compress a picture into a .mzt file.",
    epilog="\b\nExamples:\n  mzt encode photo.png photo.mzt -q 60\n  convert photo.heic ppm:- | mzt encode - photo.mzt",
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option(
    "-q",
    "--quality",
    type=click.FloatRange(0, 100),
    default=75,
    metavar="0..100",
    show_default=True,
    help="0 is smallest, 100 best.",
)
@click.option(
    "--effort",
    type=click.IntRange(0, 9),
    default=0,
    metavar="0..9",
    show_default=True,
    help="Search longer for a better file of the same kind: seconds to minutes a megapixel.",
)
@click.option("--strip", is_flag=True, help="Leave EXIF and XMP behind; the colour profile stays.")
@options.model
@options.threads
@options.max_pixels
@options.force
@options.quiet
def encode(
    source: str,
    target: str,
    quality: float,
    effort: int,
    strip: bool,
    model: str | None,
    threads: int | None,
    max_pixels: int,
    force: bool,
    quiet: bool,
) -> None:
    """Compress the picture IN (anything that Pillow opens) into the .mzt file OUT."""
    with files.replacing(target, force) as output:
        data = files.read(source)
        start = time.perf_counter()

        import mezzotint
        from mezzotint.cli import pictures

        image = pictures.load(data, source, max_pixels)
        limits = Limits(max_pixels=max_pixels)
        with _Bar() as bar:
            coded = mezzotint.encode(
                image,
                quality,
                model=model,
                threads=threads,
                metadata=not strip,
                limits=limits,
                effort=effort,
                progress=bar.update,
            )
        output.write(coded)
    if not quiet:
        header = mezzotint.read_header(coded)  # the orientation of a photo may have swapped its sides
        bits = 8 * len(coded) / (header.width * header.height)
        click.echo(
            f"{target}: {header.width}x{header.height}, {len(coded):,} bytes, {bits:.3f} bits per pixel, "
            f"{time.perf_counter() - start:.2f} s",
            err=True,
        )


class _Bar:
    """How far refining is: a bar on stderr where that is a terminal, from the first step on."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, done: int, total: int) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(
                total=total,
                unit=" steps",
                desc="refining",
                leave=False,
                dynamic_ncols=True,
                disable=not (sys.stderr is not None and sys.stderr.isatty()),
            )
        self._bar.update(done - self._bar.n)
