# SPDX-License-Identifier: Apache-2.0
"""``mzt-lab``: list | train | export | leaderboard. Errors: one line, a remedy, exit status 1 (2 for wrong usage)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import torch

from mezzotint.errors import MezzotintError
from mezzotint.lab import recipes
from mezzotint.lab.models import parts
from mezzotint.lab.train import checkpoint, loop

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def _one_line_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ValueError, OSError, MezzotintError) as error:
            raise click.ClickException(str(error)) from error

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Train codecs and export them as model bundles."""


@main.command("list")
@click.option("--kind", type=click.Choice(["mixer", "quantizer", "prior", "recipe"]), help="Only these.")
@click.option("--family", help="Only parts of this family, such as window.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects instead of lines.")
@_one_line_errors
def list_parts(kind: str | None, family: str | None, as_json: bool) -> None:
    """Recipes and parts by name, with what they cost on 192 channels at 1/16 of a 768x512 picture.

    Example: mzt-lab list --kind mixer --family window
    """
    if family is not None and family not in parts.families():
        raise ValueError(f"unknown family '{family}'; known: {', '.join(parts.families())}")
    rows = list(parts.facts(kind, family)) if kind != "recipe" else []
    if kind in (None, "recipe") and family is None:
        rows = [*(recipes.facts(name) for name in recipes.names()), *rows]
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    click.echo(f"{'kind':9} {'name':18} {'id':20} {'family':12} {'parameters':>10} {'kMAC/px':>8}  reach")
    for row in rows:
        reach = "" if row.kind != "mixer" else "all" if row.reach is None else str(row.reach)
        costs = f"{row.parameters:10} {row.kmac_px:8.3f}"
        click.echo(f"{row.kind:9} {row.name:18} {row.id:20} {row.family:12} {costs}  {reach}".rstrip())


@main.command()
@click.argument("recipe")
@click.option("--photos", type=FOLDER, required=True, help="Folder of photos, searched in depth.")
@click.option(
    "--out", type=FOLDER, required=True, help="Folder of checkpoints and log; a run there is resumed."
)
@click.option("--minutes", type=float, default=float("inf"), help="Stop after this long, with a checkpoint.")
@click.option("--steps", type=int, help="Length of the schedule, instead of the recipe's.")
@click.option("--from", "start_from", type=FILE, help="Start from the averaged weights of another run.")
@click.option("--device", default="auto", help="cpu, cuda or auto.")
@click.option("--threads", type=int, help="CPU threads; all cores unless given.")
@_one_line_errors
def train(
    recipe: str,
    photos: Path,
    out: Path,
    minutes: float,
    steps: int | None,
    start_from: Path | None,
    device: str,
    threads: int | None,
) -> None:
    """Train RECIPE, or go on where its last slice stopped.

    Example: mzt-lab train first --photos photos --out trained/first --minutes 10
    """
    chosen = recipes.find(recipe)
    if steps is not None:
        chosen = loop.with_steps(chosen, steps)
    if threads:
        torch.set_num_threads(threads)
    weights = loop.train(chosen, photos, out, _device(device), loop.Slice(minutes=minutes), start_from)
    click.echo(f"weights: {weights}")


@main.command()
@click.argument("recipe")
@click.option("--weights", type=FILE, required=True, help="A checkpoint of that recipe.")
@click.option(
    "--photos", type=FOLDER, required=True, help="Photos to count symbols on and to check agreement with."
)
@click.option("--name", required=True, help="Name of the model, as `mzt models` shows it.")
@click.option("--card", type=FILE, help="Model card, a Markdown file.")
@click.option("--out", type=FILE, required=True, help="The bundle to write (.mztm).")
@click.option("--json", "as_json", is_flag=True)
@_one_line_errors
def export(
    recipe: str, weights: Path, photos: Path, name: str, card: Path | None, out: Path, as_json: bool
) -> None:
    """Write a bundle and check that torch and the runtime agree; nothing is written if they do not.

    Example: mzt-lab export first --weights weights.safetensors --photos photos --name first --out first.mztm
    """
    from mezzotint import bundle as bundles
    from mezzotint.lab.data import photos as source
    from mezzotint.lab.data.crops import Crops
    from mezzotint.lab.export import agree, graphs
    from mezzotint.lab.export.bundle import to_bundle
    from mezzotint.lab.export.counts import symbol_counts

    config = recipes.find(recipe).config
    frozen = graphs.freeze(checkpoint.load_model(weights, config))
    pictures = [p for _, p in source.load(photos)]
    counts = symbol_counts(frozen, Crops(pictures, 256, 8, seed=1), batches=64)
    made = to_bundle(frozen, name, card.read_text("utf-8") if card else name, counts)
    tried = [p[:, : p.shape[1] // 64 * 64, : p.shape[2] // 64 * 64] for p in pictures[:4]]
    result = agree.check(frozen, made, tried)
    if not result.good:
        raise click.ClickException(f"torch and the runtime disagree: {result}; nothing was written")
    bundles.save(out, made)
    facts = {
        "bundle": str(out),
        "model_id": made.model_id.hex(),
        "bytes": out.stat().st_size,
        "indices_compared": result.indices,
        "indices_wrong": result.indices_wrong,
        "pixel_max": result.pixel_max,
        "pixel_share": result.pixel_share,
    }
    click.echo(json.dumps(facts) if as_json else "\n".join(f"{k}: {v}" for k, v in facts.items()))


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """``"0,1"`` -> (0, 1)."""
    try:
        return tuple(int(word) for word in value.split(","))
    except ValueError:
        raise click.BadParameter(f"'{value}' is no list of whole numbers: write 0 or 0,1,2") from None


@main.command()
@click.option("--photos", type=FOLDER, required=True, help="Folder of photos to train on.")
@click.option("--validation", type=FOLDER, help="Photos to measure on; a part of --photos unless given.")
@click.option("--out", type=FILE, required=True, help="The rows (.jsonl); those that are there stay.")
@click.option(
    "--budget-pixels", type=int, help="Pixels that each training sees; 105 million on a CPU, 1049 on a GPU."
)
@click.option("--only", help="Mixers by name, with commas; all unless given.")
@click.option("--seeds", default="0", callback=_numbers, help="Seeds of each part; the anchor has 0,1,2 too.")
@click.option("--plot", type=FILE, help="Draw BD-rate against CPU time (.svg or .png).")
@click.option("--device", default="auto", help="cpu, cuda or auto; a board for each.")
@click.option("--threads", type=int, help="CPU threads of training; all cores unless given.")
@click.option("--json", "as_json", is_flag=True, help="All rows as an array instead of lines.")
@_one_line_errors
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
    """Every mixer in one skeleton codec at equal kMAC/px: a row each, or go on where it stopped.

    Example: mzt-lab leaderboard --photos photos --out results/lab/mixers.jsonl --plot results/lab/mixers.svg
    """
    from mezzotint.lab.leaderboard import board, fit, rows
    from mezzotint.lab.leaderboard import plot as picture

    names = [name.strip() for name in only.split(",")] if only else []
    board.chosen(names)  # refused before the photos are read
    if plot is not None:
        picture.check(plot)
    if threads:
        torch.set_num_threads(threads)
    device = _device(device)
    budget = (
        board.BUDGET_PIXELS.get(device, board.BUDGET_PIXELS["cuda"])
        if budget_pixels is None
        else budget_pixels
    )
    fit.schedule(budget)
    data = fit.prepare(photos, validation, device)
    done = board.run(data, out, names, budget, seeds)
    if plot is not None:
        picture.write(plot, done)
    if as_json:
        click.echo(json.dumps([rows.flat(row) for row in done], indent=2))
        return
    for row in sorted(done, key=lambda row: (row.bd_rate is None, row.bd_rate)):
        said = row.reason or f"{row.bd_rate:+7.2f} %  {row.ms_per_mp:7.1f} ms/MP  {row.peak_mib:6.0f} MiB"
        click.echo(f"{row.name:18} {said}")
    spread = board.resolution(done)
    click.echo(f"seeds of the convolution block lie {spread:.2f} % apart" if spread is not None else "")


def _device(name: str) -> str:
    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"
