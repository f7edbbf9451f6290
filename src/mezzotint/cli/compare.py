# SPDX-License-Identifier: Apache-2.0
"""`mzt compare`: how far two pictures are apart, and what each costs; .mzt files are decoded first.

With --html they are also put side by side on a page that needs nothing else.
"""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mezzotint.bitstream import read_length
from mezzotint.cli import files, options
from mezzotint.errors import NotMezzotint, UsageError
from mezzotint.one_line import spelled

if TYPE_CHECKING:
    from mezzotint.bitstream import Header, Limits
    from mezzotint.evaluate.sidebyside import Apart, Side
    from mezzotint.runtime.pictures import Picture


@dataclass(frozen=True)
class _File:
    name: str
    size: int  # bytes
    picture: Picture
    coding: str  # such as "PNG" or "mzt, quality 60"
    header: Header | None  # of a .mzt file


@click.command(
    short_help="Measure how far two pictures are apart.",
    epilog="\b\nExamples:\n  mzt compare photo.png photo.mzt\n  mzt compare photo.png photo.mzt --html side.html",
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--html", "target", metavar="FILE", help="Write a page that shows them side by side.")
@click.option(
    "--crop",
    callback=options.read_region,
    metavar="X,Y,W,H",
    help="Show only this part on the page, in pixels.",
)
@options.model
@options.limits
@options.force
@options.as_json
def compare(
    first: str,
    second: str,
    target: str | None,
    crop: tuple[int, int, int, int] | None,
    model: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Compare the pictures A and B, each a .mzt file or anything that Pillow opens.

    A counts as the original. PSNR is over all RGB samples; with --json it is null when they are equal. What is
    transparent is laid over black and over white, and the worse number counts.
    """
    if first == second == "-":
        raise UsageError("only one of the two pictures can come from stdin", "name a file for the other")
    if target is None and crop is not None:
        raise UsageError("--crop is about the page", "add --html FILE")
    if target == "-":
        raise UsageError("the page does not go to stdout", "name a file, as in --html side.html")
    with files.replacing(target, force) if target else nullcontext(files.Output()) as output:
        from mezzotint.evaluate import sidebyside

        a, b = (_read(name, limits, model) for name in (first, second))
        pair = sidebyside.pair(a.picture, b.picture)
        part = sidebyside.crop(a.picture.width, a.picture.height, crop and sidebyside.Crop(*crop))
        apart = sidebyside.apart(pair)
        command = _command(a, b, model)
        if target:
            output.write(sidebyside.page(_side(a), _side(b), pair, apart, part, command))
    facts = _facts(a, b, apart, command)
    click.echo(json.dumps(facts, indent=2) if as_json else _table(a, b, apart, command))
    if target and output.data is not None:
        click.echo(
            f"{spelled(target)}: {part.width}x{part.height} pixels of each, {len(output.data):,} bytes",
            err=True,
        )


def _read(name: str, limits: Limits, model: str | None) -> _File:
    """A file and its picture as encode would take it: upright, at its own depth, metadata and all."""
    import mezzotint
    from mezzotint.bitstream import read_header
    from mezzotint.cli import pictures
    from mezzotint.evaluate.sidebyside import coding

    data = files.read(name, partial(_length, limits=limits))
    try:
        header = read_header(data, limits)
    except NotMezzotint:
        picture = pictures.load_picture(data, name, limits)
        return _File(name, len(data), picture, _form(data, name, limits), None)
    picture = mezzotint.decode(data, as_="picture", model=model, limits=limits)
    return _File(name, len(data), picture, coding(header), header)


def _length(data: bytes, limits: Limits) -> int | None:
    """How long a .mzt file should be; other formats say no such thing."""
    try:
        return read_length(data, limits)
    except NotMezzotint:
        return None


def _form(data: bytes, name: str, limits: Limits) -> str:
    """The format of a picture file that can be read."""
    from mezzotint.runtime.pictures.reading import open_image

    return "NPY" if data.startswith(b"\x93NUMPY") else open_image(data, name, limits).format or "picture"


def _side(file: _File) -> Side:
    from mezzotint.evaluate.sidebyside import Side

    grey = file.picture.colour.ndim == 2  # its profile does not go with the RGB samples of a page
    return Side(file.name, file.size, file.coding, b"" if grey else file.picture.icc)


def _command(a: _File, b: _File, model: str | None) -> str | None:
    """What makes B from A: only a .mzt file tells how it was made, and only another picture can be its original."""
    if a.header is not None or b.header is None:
        return None
    from mezzotint.evaluate.sidebyside import command, left_behind, model_to_name

    strip = left_behind(a.picture, b.picture)
    return command(b.header, a.name, b.name, strip=strip, model=model_to_name(b.header, model))


def _facts(a: _File, b: _File, apart: Apart, command: str | None) -> dict[str, Any]:
    """What --json prints; its keys are promised, so they stand here and nowhere else."""
    width, height = a.picture.width, a.picture.height
    facts: dict[str, Any] = {
        side: {
            "file": file.name,
            "bytes": file.size,
            "bits_per_pixel": round(8 * file.size / (width * height), 4),
        }
        for side, file in (("a", a), ("b", b))
    }
    return facts | {
        "width": width,
        "height": height,
        "bit_depth": apart.bit_depth,
        "psnr": round(apart.psnr, 4) if math.isfinite(apart.psnr) else None,
        "ms_ssim": _rounded(apart.ms_ssim, 6),
        "ssimulacra2": _rounded(apart.ssimulacra2, 4),
        "max_error": apart.max_error,
        "command": command,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _table(a: _File, b: _File, apart: Apart, command: str | None) -> str:
    from mezzotint.evaluate.sidebyside import numbers

    width, height = a.picture.width, a.picture.height
    rows = []
    for side, file in (("A", a), ("B", b)):
        bits = 8 * file.size / (width * height)
        rows.append((side, f"{spelled(file.name)}, {file.size:,} bytes, {bits:.3f} bits per pixel"))
    rows.append(("size", f"{width}x{height}"))
    rows += [(number.name, number.value) for number in numbers(apart)]
    if command is not None:
        rows.append(("B from A", command))
    return "\n".join(f"{name:<13} {value}" for name, value in rows)
