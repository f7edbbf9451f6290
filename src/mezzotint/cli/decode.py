# SPDX-License-Identifier: Apache-2.0
"""`mzt decode`: a .mzt file -> a picture in the format that the suffix of its name asks for."""

from __future__ import annotations

import time
from functools import partial

import click

from mezzotint.bitstream import Limits, read_header
from mezzotint.cli import files, options


@click.command(
    short_help="Decode a .mzt file into a picture.",
    epilog="\b\nExamples:\n  mzt decode photo.mzt photo.png\n  mzt decode - - < photo.mzt | display png:-",
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@options.model
@options.threads
@options.max_pixels
@options.force
@options.quiet
def decode(
    source: str,
    target: str,
    model: str | None,
    threads: int | None,
    max_pixels: int,
    force: bool,
    quiet: bool,
) -> None:
    """Decode the .mzt file IN into the picture OUT.

    The suffix of OUT chooses the format, any that Pillow writes; stdout gets PNG. Formats that lose something
    themselves (.jpg, .webp, .avif) are written at quality 95.
    """
    from mezzotint.cli import pictures

    form = pictures.form_of(target)
    limits = Limits(max_pixels=max_pixels)
    with files.replacing(target, force) as output:
        data = files.read(source, partial(read_header, limits=limits))
        start = time.perf_counter()

        import mezzotint

        image = mezzotint.decode(data, as_="pillow", model=model, threads=threads, limits=limits)
        output.write(pictures.dump(image, form))
    if not quiet:
        click.echo(
            f"{target}: {image.width}x{image.height}, {form}, {time.perf_counter() - start:.2f} s", err=True
        )
