# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab train`: a recipe and photos -> checkpoints and a log, in slices that resume; on several GPUs by torchrun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mezzotint.cli.program import INTERRUPTED
from mezzotint.lab.cli import options
from mezzotint.one_line import spelled

if TYPE_CHECKING:
    from mezzotint.lab.train.loop import Outcome


@click.command(short_help="Train a recipe, or go on where it stopped.")
@click.argument("recipe")
@options.photos("Photos to train on, searched in depth.")
@options.out_folder
@options.minutes
@click.option("--steps", type=click.IntRange(min=1), help="Length of the schedule  [default: the recipe's]")
@options.file("--from", "start_from", words="Start from the averaged weights of another run.")
@options.device
@options.threads
@click.pass_context
def train(
    context: click.Context,
    recipe: str,
    photos: Path,
    out: Path,
    minutes: float,
    steps: int | None,
    start_from: Path | None,
    device: str,
    threads: int | None,
) -> None:
    """Train RECIPE, or go on where its last slice stopped; Ctrl-C stops it with a checkpoint.

    \b
    Examples:
      mzt-lab train first --photos photos --out trained/first --minutes 10
      torchrun --nproc-per-node 4 -m mezzotint.lab train first --photos photos --out trained/first

    Under torchrun each process takes its share of the recipe's batch, on a GPU of its own if there are any, and
    --threads counts for each.
    """
    chosen = options.recipe(recipe)
    from mezzotint.lab.train import loop, team

    if steps is not None:
        chosen = loop.with_steps(chosen, steps)
    options.use_threads(threads)
    us = team.started()
    for step in (0, chosen.schedule.steps):
        us.share(chosen.schedule.sizes(step)[1])  # refused before the processes wait for one another
    with team.joined(us, options.at_hand(device)) as place:
        done = loop.train(chosen, photos, out, place, loop.Slice(minutes=minutes), start_from, us)
    if us.leads:
        _tell(done)
    if done.interrupted:
        context.exit(INTERRUPTED)


def _tell(done: Outcome) -> None:
    """Where it stopped, and in the last line where everything lies."""
    if done.step < done.steps:
        why = "interrupted" if done.interrupted else "stopped"
        click.echo(
            f"{why} at step {done.step} of {done.steps}; the same command goes on from there", err=True
        )
    log = (
        f"  log: {spelled(str(done.log))}" if done.log.exists() else ""
    )  # its first row comes after some steps
    click.echo(f"weights: {spelled(str(done.weights))}{log}")
