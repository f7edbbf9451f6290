# SPDX-License-Identifier: Apache-2.0
"""`mzt bench`: speed, memory and cost of this machine and model, rivals in the same run."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from mezzotint.cli import files, options
from mezzotint.errors import UsageError
from mezzotint.one_line import one_line

if TYPE_CHECKING:
    from mezzotint.evaluate.speed.bench import Row
    from mezzotint.evaluate.speed.plan import Plan

_QUICK_REPEAT, _REPEAT = 3, 7


def _words(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """ "a, b" to its words."""
    return None if text is None else tuple(word.strip() for word in text.split(",") if word.strip())


def _counts(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    words = _words(context, option, text) or ()
    if not words or not all(word.isascii() and word.isdigit() and 1 <= int(word) <= 256 for word in words):
        raise click.BadParameter(f"{text!r} is no list of thread counts, such as 1,2")
    return tuple(dict.fromkeys(map(int, words)))


@click.command(
    short_help="Measure speed, memory and cost.",
    epilog="\b\nExamples:\n  mzt bench --quick\n  mzt bench --codecs avif,jxl --parts coding --json speed.json",
)
@click.option(
    "--threads", default="1,2", metavar="N,..", callback=_counts, show_default=True, help="Thread counts."
)
@click.option(
    "--codecs", metavar="A,B", callback=_words, help="Rivals, as in avif:speed 4,jxl  [default: all]"
)
@click.option("--against", metavar="CODEC", help="The rival for ratios  [default: avif (speed 6, 4:2:0)]")
@click.option("--parts", metavar="A,B", callback=_words, help="Of coding,stages,start,memory,macs,entropy.")
@click.option("--repeat", type=click.IntRange(1, 1000), metavar="N", help=f"Turns  [default: {_REPEAT}]")
@click.option("--photos", metavar="FOLDER", help="Photos to cut from  [default: examples]")
@click.option("--quick", is_flag=True, help="Less of everything, in under a minute.")
@click.option(
    "--json",
    "target",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Print every number, or write it to FILE.",
)
@options.model
@options.force
def bench(
    threads: tuple[int, ...],
    codecs: tuple[str, ...] | None,
    against: str | None,
    parts: tuple[str, ...] | None,
    repeat: int | None,
    photos: str | None,
    quick: bool,
    target: str | None,
    model: str | None,
    force: bool,
) -> None:
    """Measure this machine: MP/s beside other codecs, our time by stage, cold start, memory, MACs.

    Ours runs at quality 50, rivals at its file size, all in turns.
    """
    from mezzotint.evaluate.machine import facts
    from mezzotint.evaluate.speed.document import document
    from mezzotint.evaluate.speed.pictures import photo_folder
    from mezzotint.evaluate.speed.plan import PARTS, Plan, chosen_codecs

    chosen = PARTS if parts is None else parts
    if not chosen or not set(chosen) <= set(PARTS):
        raise UsageError(
            f"--parts {','.join(chosen)} names no parts of a bench", f"choose of {','.join(PARTS)}"
        )
    turns = repeat if repeat is not None else _QUICK_REPEAT if quick else _REPEAT
    to_file = target not in (None, "-")
    with files.replacing(target, force) if target and to_file else nullcontext(files.Output()) as output:
        machine = facts(model)
        found, missing = chosen_codecs(codecs, model, quick)
        plan = Plan(photo_folder(photos), found, chosen, threads, turns, 50, model, against, quick)
        missing = missing if "coding" in chosen else []
        for line in missing:
            click.echo(f"mzt: {one_line(line)}", err=True)
        rows, left_out = _run(plan, to_stdout=target != "-")
        numbers = json.dumps(document(machine, plan, rows, missing + left_out), indent=1)
        output.write((numbers + "\n").encode())
    if target == "-":
        click.echo(numbers)


def _run(plan: Plan, to_stdout: bool) -> tuple[list[Row], list[str]]:
    """All rows, and what was left out; tables are printed as their parts are done, all else goes to stderr."""
    from tqdm import tqdm

    from mezzotint.evaluate.speed.bench import bench
    from mezzotint.evaluate.speed.events import Done, LeftOut, Next, Step
    from mezzotint.evaluate.speed.tables import table

    rows: list[Row] = []
    left_out: list[str] = []
    with tqdm(leave=False, dynamic_ncols=True, disable=None) as bar:
        for told in bench(plan):
            if isinstance(told, Next):
                bar.write(f"mzt: next, {one_line(told.what)}", file=sys.stderr)
                bar.reset(told.steps)
            elif isinstance(told, Step):
                bar.update()
            elif isinstance(told, LeftOut):
                bar.write(f"mzt: {one_line(told.line)}", file=sys.stderr)
                left_out.append(told.line)
            elif not isinstance(told, Done):
                rows.append(told)
            elif to_stdout:
                bar.clear()
                click.echo(table(told.part, rows))
    return rows, left_out
