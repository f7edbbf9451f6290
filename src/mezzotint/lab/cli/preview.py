# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab preview`: fit the preview of an exported model and put it into the bundle, whose id stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.lab.cli import options
from mezzotint.one_line import spelled

DIALS = (10, 30, 50, 75, 90, 100)  # qualities that are measured
HELD_OUT = 40  # photos, as in training
SIDE, BATCH = 256, 8  # of the tiles that are fitted on
GRAPHICS = 12  # made pictures to 100 photos


@click.command(short_help="Give a bundle its picture at 1/8 from the first layers.")
@click.argument("recipe")
@options.file(
    "--weights", words="The checkpoint of that recipe that the bundle was exported from.", required=True
)
@options.file("--bundle", words="The bundle (.mztm).", required=True)
@options.photos("Photos to fit on; up to 40 are held out to measure on.")
@options.file("--out", words="The bundle to write; it may be the same one.", required=True)
@click.option(
    "--tiles", type=click.IntRange(8), default=2560, metavar="N", help="Fit on so many  [default: 2560]"
)
@click.option(
    "--steps", type=click.IntRange(0), default=8000, metavar="N", help="In so many steps  [default: 8000]"
)
@options.threads
@options.as_json
def preview(
    recipe: str,
    weights: Path,
    bundle: Path,
    photos: Path,
    out: Path,
    tiles: int,
    steps: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Put a preview into a bundle: a graph that makes a picture of an eighth of the side from z and the first group.

    \b
    Example:
      mzt-lab preview third --weights third.safetensors --bundle mine.mztm --photos photos --out mine.mztm

    Nothing else in it changes, so its model id and the files made with it stay valid. Printed are PSNRs of previews
    against the whole decoder's pictures, averaged over 8x8 pixels.
    """
    config = options.recipe(recipe).config
    from mezzotint import bundle as bundles
    from mezzotint.lab.data import photos as source
    from mezzotint.lab.data.crops import Crops
    from mezzotint.lab.data.graphics import made
    from mezzotint.lab.export import graphs, preview_examples
    from mezzotint.lab.export import preview as previews
    from mezzotint.lab.train import checkpoint
    from mezzotint.runtime.latents import open_model

    options.use_threads(threads)
    frozen = graphs.freeze(checkpoint.load_model(weights, config))
    old = bundles.load(bundle)
    pictures = source.load(photos)
    fitted, held_out = source.split(pictures, min(HELD_OUT, -(-len(pictures) // 5)))
    side = min(SIDE, max((min(p.shape[1:]) for p in fitted), default=SIDE) // 64 * 64)
    crops = Crops(fitted + made(len(fitted) * GRAPHICS // 100), side, BATCH, seed=1, grey=0.04)
    examples = preview_examples.examples(open_model(old, threads), crops, -(-tiles // BATCH))
    new = previews.attach(old, frozen, examples, steps)
    bundles.save(out, new)
    qualities = {dial: round(dial * 40.95) for dial in DIALS}
    measured = [preview_examples.middle(p, side) for p in held_out]
    psnr = previews.measure(open_model(new, threads), measured, tuple(qualities.values()))
    facts = {
        "bundle": str(out),
        "model_id": new.model_id.hex(),
        "bytes": out.stat().st_size,
        "preview_bytes": len(new.graph("preview")),
        "psnr": {dial: round(psnr[quality], 2) for dial, quality in qualities.items()},
    }
    click.echo(
        json.dumps(facts) if as_json else "\n".join(f"{k}: {spelled(str(v))}" for k, v in facts.items())
    )
