# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab export`: a checkpoint -> a model bundle, written only if torch and the runtime agree on it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.lab.cli import options
from mezzotint.one_line import spelled


@click.command(short_help="Write a checkpoint as a model bundle.")
@click.argument("recipe")
@options.file("--weights", words="A checkpoint of that recipe.", required=True)
@options.photos("Photos to count symbols on and to check agreement with.")
@click.option("--name", required=True, help="Name of the model, as `mzt models` shows it.")
@options.file("--card", words="Model card, a Markdown file.")
@options.file("--out", words="The bundle to write (.mztm).", required=True)
@options.as_json
def export(
    recipe: str, weights: Path, photos: Path, name: str, card: Path | None, out: Path, as_json: bool
) -> None:
    """Write a bundle and check that torch and the runtime agree; nothing is written if they do not.

    Example: mzt-lab export first --weights weights.safetensors --photos photos --name first --out first.mztm
    """
    config = options.recipe(recipe).config
    from mezzotint import bundle as bundles
    from mezzotint.lab.data import photos as source
    from mezzotint.lab.data.crops import Crops
    from mezzotint.lab.export import agree, graphs
    from mezzotint.lab.export.bundle import to_bundle
    from mezzotint.lab.export.counts import symbol_counts
    from mezzotint.lab.train import checkpoint

    frozen = graphs.freeze(checkpoint.load_model(weights, config))
    pictures = [p for _, p in source.load(photos)]
    counts = symbol_counts(frozen, Crops(pictures, 256, 8, seed=1), batches=64)
    made = to_bundle(frozen, name, card.read_text("utf-8") if card else name, counts)
    tried = [p[:, : p.shape[1] // 64 * 64, : p.shape[2] // 64 * 64] for p in pictures[:4]]
    result = agree.check(frozen, made, tried)
    if not result.good:
        raise ValueError(f"torch and the runtime disagree: {result}; nothing was written; please report this")
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
    click.echo(
        json.dumps(facts) if as_json else "\n".join(f"{k}: {spelled(str(v))}" for k, v in facts.items())
    )
