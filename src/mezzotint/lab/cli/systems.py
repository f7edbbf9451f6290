# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab systems`: every rebuilt published codec with its idea and without, a row each."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.lab.cli import options


@click.command(short_help="Compare published codecs, each with its idea and without.")
@options.photos("Photos to train on.")
@options.photos("Photos to measure on; a part of --photos unless given.", required=False, name="--validation")
@options.photos("Photos to time, and to bring back exactly.", name="--examples")
@options.file("--out", words="The rows (.jsonl); those that are there stay.", required=True)
@click.option("--budget-pixels", type=int, help="Pixels that each training sees; 52 million unless given.")
@click.option("--only", help="Systems by name, with commas; all unless given.")
@options.file("--plot", words="Draw the curves (.svg or .png).")
@options.threads
@options.as_json
def systems(
    photos: Path,
    validation: Path | None,
    examples: Path,
    out: Path,
    budget_pixels: int | None,
    only: str | None,
    plot: Path | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Every rebuilt published codec, trained with its idea and without on one budget; goes on where it stopped.

    Example: mzt-lab systems --photos photos --examples examples --out results/lab/systems.jsonl
    """
    from mezzotint.lab.leaderboard import fit, system_plot, system_rows
    from mezzotint.lab.leaderboard import plot as picture
    from mezzotint.lab.leaderboard import systems as board

    names = [name.strip() for name in only.split(",")] if only else []
    board.chosen(names)  # refused before the photos are read
    if plot is not None:
        picture.check(plot)
    options.use_threads(threads)
    budget = board.BUDGET_PIXELS if budget_pixels is None else budget_pixels
    fit.steps_of(budget)
    shown = board.examples(examples)
    data = fit.prepare(photos, validation, "cpu", board.SIDE)
    done = board.run(data, shown, out, names, budget)
    if plot is not None:
        system_plot.write(plot, done, board.ANCHOR)
    click.echo(json.dumps([system_rows.flat(row) for row in done], indent=2) if as_json else board.text(done))
