# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab eval`: rate and distortion of a checkpoint on whole photos, without exporting it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from mezzotint.lab.cli import options


@click.command("eval", short_help="Rate and distortion of a checkpoint.")
@click.argument("recipe")
@options.file("--weights", words="A checkpoint of that recipe.", required=True)
@options.photos("Photos to measure on, searched in depth.")
@options.device
@options.threads
@options.as_json
def evaluate(
    recipe: str, weights: Path, photos: Path, device: str, threads: int | None, as_json: bool
) -> None:
    """Mean bits per pixel (of y and of z) and PSNR over whole photos, along the quality dial of `mzt encode`.

    Bits are those of rounded symbols by the model's own probabilities. Files of the exported model lie on nearly the
    same curve, at another place: the codec rounds toward zero by cost, so at one quality they are smaller and worse.
    `mzt eval` measures those.

    Example: mzt-lab eval first --weights trained/first/weights.safetensors --photos examples
    """
    config = options.recipe(recipe).config
    from tqdm import tqdm

    from mezzotint.lab.data import photos as source
    from mezzotint.lab.train import checkpoint
    from mezzotint.lab.train.curve import QUALITIES, curve

    place = options.at_hand(device)
    options.use_threads(threads)
    model = checkpoint.load_model(weights, config)
    pictures = [pixels for _, pixels in source.load(photos, least_side=1)]
    with tqdm(total=len(QUALITIES) * len(pictures), desc="measuring", unit="point") as bar:
        points = curve(model, pictures, place, done=bar.update)
    if as_json:
        click.echo(json.dumps([asdict(point) for point in points], indent=2))
        return
    click.echo(f"{'quality':>7} {'bpp':>8} {'y bpp':>8} {'z bpp':>8} {'PSNR dB':>8}")
    for p in points:
        click.echo(f"{p.quality:7g} {p.bpp:8.4f} {p.y_bpp:8.4f} {p.z_bpp:8.4f} {p.psnr:8.3f}")
