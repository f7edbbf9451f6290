# SPDX-License-Identifier: Apache-2.0
"""`mzt decode`: .mzt files -> pictures in the format that the suffix of their names asks for."""

from __future__ import annotations

import json
import time
from functools import partial as bound
from typing import Any

import click

from mezzotint.bitstream import Limits, read_front, read_length
from mezzotint.cli import files, options, salvaged, several
from mezzotint.one_line import spelled


@click.command(
    short_help="Decode .mzt files into pictures.",
    epilog="\b\nExamples:\n  mzt decode photo.mzt photo.png\n  mzt decode photo.mzt part.png --region 100,50,640,480\n"
    "  mzt decode *.mzt -o pictures --format jpg",
)
@click.argument("names", metavar="IN... [OUT]", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FOLDER", help="Where the outputs of several inputs go.")
@click.option(
    "--format", "form", default="png", metavar="SUFFIX", show_default=True, help="Of outputs in a folder."
)
@options.region
@options.scale
@click.option("--partial", is_flag=True, help="Take a file that was cut off: a coarser picture.")
@click.option("--salvage", is_flag=True, help="The whole tiles of a damaged file; exit status 1.")
@options.model
@options.threads
@options.limits
@options.force
@options.quiet
@options.verbose
@options.as_json
def decode(
    names: tuple[str, ...],
    output: str | None,
    form: str,
    region: tuple[int, int, int, int] | None,
    scale: float,
    partial: bool,
    salvage: bool,
    model: str | None,
    threads: int | None,
    limits: Limits,
    force: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Decode the .mzt file IN into the picture OUT.

    The suffix of OUT chooses the format: .png, .npy, any that Pillow writes.
    Those that lose something (.jpg, .webp, .avif) get quality 95.
    """
    from mezzotint.cli import pictures

    work = several.pairs(names, output, pictures.named_back(f".{form.lower().lstrip('.')}"))
    for _, target in work:
        pictures.form_of(target)  # before any work is done
    asked = {"region": region, "scale": scale, "partial": partial, "model": model, "threads": threads}
    if salvage:
        salvaged.check_alone(asked)

    def one(source: str, target: str) -> dict[str, Any]:
        with files.replacing(target, force) as place:
            data = files.read(source, bound(_length, limits=limits, salvage=salvage))
            start = time.perf_counter()
            written, facts = _decoded(data, target, {**asked, "limits": limits}, salvage, clock=verbose)
            place.write(written)
        facts = {"file": source, "output": target, **facts, "seconds": round(time.perf_counter() - start, 3)}
        if not quiet and not as_json:
            click.echo(_line(facts), err=True)
        elif not as_json and (lost := salvaged.words(facts)):  # --quiet is for what went well
            click.echo(f"mzt: {spelled(source)}: {lost}", err=True)
        return facts

    done, status = several.each(work, one, output, quiet)
    if as_json:
        click.echo(json.dumps(done[0] if output is None else done, indent=2), err=names[-1] == "-")
    return max(status, int(not all(facts.get("whole", True) for facts in done)))


def _length(data: bytes, limits: Limits, salvage: bool) -> int | None:
    """How long the file should be; None where all of a damaged one is wanted."""
    length = read_length(data, limits)
    return None if salvage else length


def _decoded(
    data: bytes, target: str, asked: dict[str, Any], salvage: bool, clock: bool
) -> tuple[bytes, dict[str, Any]]:
    """The bytes of the picture file, and what --json says of it."""
    import mezzotint
    from mezzotint.cli import pictures
    from mezzotint.runtime.stages import clocked

    form = pictures.form_of(target)
    with clocked() as times:
        if salvage:
            picture, lost = salvaged.salvaged(data, asked)
        else:
            picture, lost = mezzotint.decode(data, as_="picture", **asked), {}
        written = pictures.dump(picture, form)
    facts: dict[str, Any] = {"width": picture.width, "height": picture.height, "format": form, **lost}
    if asked["partial"]:
        facts["missing_chunks"] = len(read_front(data, asked["limits"]).missing)
    if clock:
        facts["stages"] = {part.value: round(seconds, 4) for part, seconds in times.seconds.items()}
    return written, facts


def _line(facts: dict[str, Any]) -> str:
    size = f"{facts['width']}x{facts['height']}"
    line = f"{spelled(facts['output'])}: {size}, {facts['format']}, {facts['seconds']:.2f} s"
    if facts.get("missing_chunks"):
        line += f", {facts['missing_chunks']} chunks are missing"
    if lost := salvaged.words(facts):
        line += f"; {lost}"
    if "stages" in facts:
        line += "\n  seconds: " + ", ".join(f"{name} {value:.3f}" for name, value in facts["stages"].items())
    return line
