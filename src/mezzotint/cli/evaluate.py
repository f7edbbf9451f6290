# SPDX-License-Identifier: Apache-2.0
"""`mzt eval`: every codec on every picture of a folder -> a table of measurements."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mezzotint.cli import options
from mezzotint.errors import MezzotintError, MissingExtra, UsageError
from mezzotint.one_line import one_line, spelled

if TYPE_CHECKING:
    from mezzotint.evaluate.plan import Plan, Progress, Summary

_SECONDS_IN_A_LOG = 30.0  # between two lines of progress where stderr is no terminal


@click.command(
    "eval",
    short_help="Measure codecs on a folder of pictures.",
    epilog="\b\nExample:\n  mzt eval photos -o measured --codecs mezzotint,avif --images 10 --fast",
)
@click.argument("folder", metavar="FOLDER")
@click.option("-o", "--output", required=True, metavar="OUT", help="Folder for rows.csv and about.json.")
@click.option(
    "--codecs",
    metavar="A,B",
    help="Some codecs by id, or some of their settings, as in avif:speed 6  [default: all that lose something]",
)
@click.option("--images", "chosen", metavar="N|A,B", help="The first N pictures, or some by name.")
@click.option("--fast", is_flag=True, help="PSNR only, four qualities, one setting of AVIF.")
@click.option("--qualities", metavar="Q,Q", help="Ours, in place of the usual ones.")
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes  [default: all cores]")
@options.model
@options.max_pixels
@options.as_json
def evaluate(
    folder: str,
    output: str,
    codecs: str | None,
    chosen: str | None,
    fast: bool,
    qualities: str | None,
    jobs: int | None,
    model: str | None,
    max_pixels: int,
    as_json: bool,
) -> None:
    """Measure every codec on every picture below FOLDER, over its range of qualities.

    Each file is a row of OUT/rows.csv as soon as it is measured; after a stop the same command goes on. Then
    `mzt report OUT` compares.
    """
    from mezzotint.evaluate import machine, sweep
    from mezzotint.evaluate.codecs import available
    from mezzotint.evaluate.measure import METRICS
    from mezzotint.evaluate.plan import Plan
    from mezzotint.runtime.backends.onnxruntime_backend import cores

    numbers = _numbers(qualities)
    found, left_out = available(None if codecs is None else _words(codecs, "--codecs"), model)
    plan = Plan(
        folder=Path(folder),
        pictures=_pictures(Path(folder), Path(output), chosen),
        output=Path(output),
        codecs=tuple(found),
        left_out=tuple(left_out),
        metrics=METRICS[:1] if fast else METRICS,
        fast=fast,
        qualities=numbers,
        jobs=jobs or cores(),
        max_pixels=max_pixels,
    )
    _check(plan)
    for line in left_out:
        click.echo(f"mzt: {one_line(line)}", err=True)
    with _Bar(len(plan.points()) * len(plan.pictures)) as bar:
        summary = sweep.run(plan, machine.facts(model), bar)
    click.echo(json.dumps(asdict(summary), indent=2) if as_json else _text(summary))
    if summary.failures:
        what = f"{len(summary.failures):,} of the pictures and measurements failed"
        where = Path(output) / "about.json"
        raise MezzotintError(what, f"they are listed in {where}; the same command tries them again")


def _pictures(folder: Path, output: Path, chosen: str | None) -> tuple[Path, ...]:
    from mezzotint.evaluate import images

    # Results that lie inside the folder hold pictures too, those that `mzt report` draws.
    ours = output / "report" if output.resolve() == folder.resolve() else output
    found = images.find(folder, without=ours)
    return tuple(found if chosen is None else images.choose(found, folder, chosen))


def _check(plan: Plan) -> None:
    """What a person can have asked for that comes to nothing."""
    from mezzotint.evaluate.codecs import ours

    if plan.qualities and all(codec.id != ours.ID for codec in plan.codecs):
        raise UsageError(f"--qualities is for {ours.ID}, which is not among the codecs", "add it to --codecs")
    if not plan.codecs:
        raise MissingExtra("; ".join(plan.left_out), "or name other --codecs")
    if not plan.points():
        raise UsageError("these codecs have no settings for --fast", "leave it out, or name other --codecs")


def _words(text: str, option: str) -> list[str]:
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        raise UsageError(f"{option} names nothing", "separate several by commas, as in a,b")
    return words


def _numbers(text: str | None) -> tuple[float, ...]:
    """Rising; empty where the option was not given."""
    if text is None:
        return ()
    try:
        numbers = sorted({float(word) for word in _words(text, "--qualities")})
    except ValueError:
        numbers = [-1.0]
    if not all(0 <= number <= 100 for number in numbers):
        raise UsageError(f"--qualities {text} is no list of numbers from 0 to 100", "write it as 10,50,90")
    return tuple(numbers)


def _text(summary: Summary) -> str:
    from mezzotint.evaluate.sidebyside.names import quoted

    kept = f", {summary.kept:,} kept" if summary.kept else ""
    folder = str(summary.output)
    return (
        f"{spelled(folder)}: {summary.measured:,} rows measured{kept}, of {summary.images} pictures, in "
        f"{summary.seconds:.1f} s; compare them with `mzt report {quoted(folder)}`"
    )


class _Bar:
    """Progress on stderr: a bar on a terminal; elsewhere a line now and then, and none where it is soon over."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self._live = sys.stderr is not None and sys.stderr.isatty()
        pause = 0.1 if self._live else _SECONDS_IN_A_LOG
        self._bar: tqdm[Any] = tqdm(
            total=total,
            unit=" rows",
            dynamic_ncols=True,
            mininterval=pause,
            delay=0 if self._live else pause,
            miniters=1,
            smoothing=0,  # the mean rate of this run: rows are as different as their codecs
        )

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def progress(self, now: Progress) -> None:
        self._bar.initial = now.skipped  # took no time, so that the rate is true
        self._bar.set_postfix_str(one_line(" | ".join(now.at_work)), refresh=False)
        self._bar.update(now.skipped + now.done - self._bar.n)

    def say(self, line: str) -> None:
        if self._live:
            self._bar.write(f"mzt: {one_line(line)}", file=sys.stderr)
        else:
            click.echo(f"mzt: {one_line(line)}", err=True)
