# SPDX-License-Identifier: Apache-2.0
"""`mzt encode`: pictures that Pillow opens -> .mzt files."""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from mezzotint.cli import files, options, several
from mezzotint.one_line import spelled

if TYPE_CHECKING:
    from mezzotint.bitstream import Limits
    from mezzotint.runtime.search import Found


@click.command(
    short_help="Compress pictures into .mzt files.",
    epilog="\b\nExamples:\n  mzt encode photo.png photo.mzt -q 60\n  mzt encode *.png -o small -b 100000",
)
@click.argument("names", metavar="IN... [OUT]", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FOLDER", help="Where the outputs of several inputs go.")
@options.quality
@options.lossless
@options.max_error
@options.target_bytes
@options.target_bpp
@options.target_psnr
@options.target_ssim
@options.effort
@options.strip
@options.bit_depth
@options.model
@options.threads
@options.limits
@options.force
@options.quiet
@options.verbose
@options.as_json
def encode(
    names: tuple[str, ...],
    output: str | None,
    model: str | None,
    threads: int | None,
    limits: Limits,
    force: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
    strip: tuple[str, ...],
    bit_depth: int | None,
    **how: Any,
) -> int:
    """Compress the picture IN (any that Pillow opens, or a .npy array) into the .mzt file OUT."""
    from mezzotint.bulk.names import encoded
    from mezzotint.cli.info import model_name

    work = several.pairs(names, output, encoded)
    if output is None:
        several.refuse_pictures(work[0][1])
    arguments = {"model": model, "threads": threads, **how}

    def one(source: str, target: str) -> dict[str, Any]:
        with files.replacing(target, force) as place:
            start = time.perf_counter()
            told: list[Found] = []
            coded, seconds = _coded(source, limits, strip, bit_depth, {**arguments, "told": told.append})
            place.write(coded)
        facts = _facts(source, target, coded, time.perf_counter() - start)
        if told:
            facts["target"] = {"kind": told[0].target.kind, "asked": told[0].target.value}
            facts["target"]["reached"] = told[0].reached if math.isfinite(told[0].reached) else None
        if verbose:
            facts["model"], facts["stages"] = model_name(coded), seconds
        if not quiet and not as_json:
            click.echo(_line(facts, told), err=True)
        return facts

    done, status = several.each(work, one, output, quiet)
    if as_json:
        click.echo(json.dumps(done[0] if output is None else done, indent=2), err=names[-1] == "-")
    return status


def _coded(
    source: str, limits: Limits, strip: tuple[str, ...], bit_depth: int | None, arguments: dict[str, Any]
) -> tuple[bytes, dict[str, float]]:
    """The file's bytes, and the seconds of each stage."""
    import mezzotint
    from mezzotint.cli import pictures
    from mezzotint.runtime.stages import clocked

    picture = pictures.load_picture(files.read(source), source, limits, strip)
    if bit_depth is not None:  # the library refuses samples that need more
        picture = replace(picture, bit_depth=bit_depth)
    with _Bar() as bar, clocked() as times:
        coded = mezzotint.encode(picture, limits=limits, progress=bar.update, **arguments)
    return coded, {part.value: round(seconds, 4) for part, seconds in times.seconds.items()}


def _facts(source: str, target: str, coded: bytes, seconds: float) -> dict[str, Any]:
    """What --json prints of one file; its keys are promised."""
    from mezzotint.bitstream import Limits, Mode, read_header
    from mezzotint.cli.info import dial

    header = read_header(coded, Limits.none())
    pixels = header.width * header.height  # the orientation of a photo may have swapped its sides
    return {
        "file": source,
        "output": target,
        "width": header.width,
        "height": header.height,
        "bit_depth": header.bit_depth,
        "bytes": len(coded),
        "bits_per_pixel": round(8 * len(coded) / pixels, 4),
        "mode": header.mode.name.lower().replace("_", "-"),
        "quality": dial(header),
        "max_error": None if header.mode is Mode.LOSSY else header.quality,
        "tiles": header.tile_count,
        "seconds": round(seconds, 3),
    }


def _line(facts: dict[str, Any], told: list[Found]) -> str:
    """The same in words."""
    mode = {"lossy": f"quality {facts['quality']}", "lossless": "lossless"}.get(
        facts["mode"], f"largest error {facts['max_error']}"
    )
    line = (
        f"{spelled(facts['output'])}: {facts['width']}x{facts['height']}, {facts['bytes']:,} bytes, "
        f"{facts['bits_per_pixel']:.3f} bits per pixel, {told[0] if told else mode}, {facts['seconds']:.2f} s"
    )
    if "stages" in facts:
        spent = ", ".join(f"{name} {seconds:.3f}" for name, seconds in facts["stages"].items())
        line += f"\n  {facts['tiles']} tiles, {facts['model']}; seconds: {spent}"
    return line


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
