# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab retime`: the times of a board anew, on a machine that does nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.lab.cli import options


@click.command(short_help="Time the parts of a board anew.")
@options.file("--rows", words="The rows of a board (.jsonl); times and memory are replaced.", required=True)
@options.file("--plot", words="Draw BD-rate against CPU time (.svg or .png).")
@options.as_json
def retime(rows: Path, plot: Path | None, as_json: bool) -> None:
    """Time every part of a board again in onnxruntime, each beside the convolution block, and keep all else.

    A board that was trained beside other work has honest rates and dishonest times.

    Example: mzt-lab retime --rows results/lab/mixers.jsonl --plot results/lab/mixers.svg
    """
    from mezzotint.lab.leaderboard import board
    from mezzotint.lab.leaderboard import plot as picture
    from mezzotint.lab.leaderboard.rows import flat

    if plot is not None:
        picture.check(plot)
    done = board.retime(rows)
    if plot is not None:
        picture.write(plot, done)
    click.echo(json.dumps([flat(row) for row in done], indent=2) if as_json else board.text(done))
