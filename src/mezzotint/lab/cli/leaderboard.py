# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab leaderboard`: every mixer in one skeleton codec, a row each."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.lab.cli import options


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """``"0,1"`` -> (0, 1)."""
    try:
        return tuple(int(word) for word in value.split(","))
    except ValueError:
        raise click.BadParameter(f"'{value}' is no list of whole numbers: write 0 or 0,1,2") from None


@click.command(short_help="Compare all mixers in one skeleton codec.")
@options.photos("Photos to train on.")
@options.photos("Photos to measure on; a part of --photos unless given.", required=False, name="--validation")
@options.file("--out", words="The rows (.jsonl); those that are there stay.", required=True)
@click.option(
    "--budget-pixels", type=int, help="Pixels that each training sees; 105 million on a CPU, 1049 on a GPU."
)
@click.option("--only", help="Mixers by name, with commas; all unless given.")
@click.option("--seeds", default="0", callback=_numbers, help="Seeds of each part; the anchor has 0,1,2 too.")
@options.file("--plot", words="Draw BD-rate against CPU time (.svg or .png).")
@options.device
@options.threads
@options.as_json
def leaderboard(
    photos: Path,
    validation: Path | None,
    out: Path,
    budget_pixels: int | None,
    only: str | None,
    seeds: tuple[int, ...],
    plot: Path | None,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Every mixer in one skeleton codec at equal kMAC/px, a row each; goes on where it stopped. A device, a board.

    Example: mzt-lab leaderboard --photos photos --out results/lab/mixers.jsonl --plot results/lab/mixers.svg
    """
    from mezzotint.lab.leaderboard import board, fit, rows
    from mezzotint.lab.leaderboard import plot as picture

    names = [name.strip() for name in only.split(",")] if only else []
    board.chosen(names)  # refused before the photos are read
    if plot is not None:
        picture.check(plot)
    options.use_threads(threads)
    place = options.at_hand(device)
    usual = board.BUDGET_PIXELS["cpu" if place == "cpu" else "cuda"]
    budget = usual if budget_pixels is None else budget_pixels
    fit.steps_of(budget)
    data = fit.prepare(photos, validation, place)
    done = board.run(data, out, names, budget, seeds)
    if plot is not None:
        picture.write(plot, done)
    click.echo(json.dumps([rows.flat(row) for row in done], indent=2) if as_json else board.text(done))
