# SPDX-License-Identifier: Apache-2.0
"""``mzt-lab``: list | train | export. Errors are one line with the remedy, exit status 1 (2 for wrong usage)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import torch

from mezzotint.errors import MezzotintError
from mezzotint.lab import recipes
from mezzotint.lab.mixers import MIXERS
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
@click.option("--json", "as_json", is_flag=True, help="An array of objects instead of lines.")
def list_parts(as_json: bool) -> None:
    """Recipes and parts by name."""
    rows = [{"kind": "recipe", "id": n} for n in recipes.names()] + [
        {"kind": "mixer", "id": n} for n in MIXERS.names()
    ]
    click.echo(json.dumps(rows, indent=2) if as_json else "\n".join(f"{r['kind']:8} {r['id']}" for r in rows))


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
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = loop.train(chosen, photos, out, device, loop.Slice(minutes=minutes), start_from)
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
