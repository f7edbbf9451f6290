# SPDX-License-Identifier: Apache-2.0
"""`mzt compare`: how far two pictures are apart, and what each costs; .mzt files are decoded first."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import click

from mezzotint.cli import files, options
from mezzotint.errors import BadImage, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@click.command(
    short_help="Measure how far two pictures are apart.",
    epilog="\b\nExamples:\n  mzt compare photo.png photo.mzt\n  mzt compare photo.png photo.jpg --json",
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@options.model
@options.max_pixels
@options.as_json
def compare(first: str, second: str, model: str | None, max_pixels: int, as_json: bool) -> None:
    """Compare the pictures A and B, each a .mzt file or anything that Pillow opens.

    PSNR is over all 8-bit RGB samples, in dB. With --json it is null when the samples are equal. Transparency counts
    in the largest error only.
    """
    if first == second == "-":
        raise UsageError("only one of the two pictures can come from stdin", "name a file for the other")
    from mezzotint.cli import pictures

    loaded = []
    for name in (first, second):
        data = files.read(name)
        loaded.append((name, len(data), pictures.load_any(data, name, max_pixels, model)))
    facts = _facts(*loaded)
    click.echo(json.dumps(facts, indent=2) if as_json else _table(facts))


def _facts(a: tuple[str, int, Image.Image], b: tuple[str, int, Image.Image]) -> dict[str, Any]:
    """What --json prints."""
    import numpy as np

    from mezzotint.evaluate import psnr

    one, other = (_samples(image) for _, _, image in (a, b))  # (H, W, 4)
    if one.shape != other.shape:
        sizes = " and ".join(f"{array.shape[1]}x{array.shape[0]}" for array in (one, other))
        raise BadImage(f"the pictures have different sizes, {sizes}", "compare pictures of one size")
    height, width = one.shape[:2]
    decibels = psnr(one[..., :3], other[..., :3])
    facts: dict[str, Any] = {
        side: {"file": name, "bytes": size, "bits_per_pixel": round(8 * size / (width * height), 4)}
        for side, (name, size, _) in (("a", a), ("b", b))
    }
    return facts | {
        "width": width,
        "height": height,
        "psnr": round(decibels, 4) if math.isfinite(decibels) else None,
        "max_error": int((np.maximum(one, other) - np.minimum(one, other)).max()),
    }


def _samples(image: Image.Image) -> NDArray[np.uint8]:
    """RGBA samples (H, W, 4) as the codec sees them: upright, and scaled to 8 bits."""
    import numpy as np

    from mezzotint.runtime.pictures import from_pillow, to_pillow

    upright = to_pillow(from_pillow(image, metadata=False))
    return np.asarray(upright.convert("RGBA"))


def _table(facts: dict[str, Any]) -> str:
    psnr = "infinite (the samples are equal)" if facts["psnr"] is None else f"{facts['psnr']:.2f} dB"
    rows = []
    for side in ("a", "b"):
        one = facts[side]
        rows.append(
            (
                side.upper(),
                f"{one['file']}, {one['bytes']:,} bytes, {one['bits_per_pixel']:.3f} bits per pixel",
            )
        )
    rows += [
        ("size", f"{facts['width']}x{facts['height']}"),
        ("PSNR", psnr),
        ("max error", f"{facts['max_error']} of 255"),
    ]
    return "\n".join(f"{name:<9} {value}" for name, value in rows)
