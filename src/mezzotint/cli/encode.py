# SPDX-License-Identifier: Apache-2.0
"""`mzt encode`: a picture that Pillow opens -> a .mzt file."""

from __future__ import annotations

import time

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
        coded = mezzotint.encode(
            image, quality, model=model, threads=threads, metadata=not strip, limits=limits
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
