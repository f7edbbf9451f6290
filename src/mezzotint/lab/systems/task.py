# SPDX-License-Identifier: Apache-2.0
"""Rate against what a machine still reads: curves of bytes a tile and of the share of tiles that it gets right.

Tiles of the labelled set are coded side by side, sixteen in a picture, so that no header weighs more than its share,
and judged one by one. The traps: a share that was counted on n tiles is known to sqrt(p (1 - p) / n) only, and such a
curve need not rise everywhere, so that rates at equal shares are taken of its frontier, the points that more rate
made better.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mezzotint.errors import UsageError
from mezzotint.evaluate.bdrate import bd_quality, bd_rate
from mezzotint.lab.data.crops import Crops, signed
from mezzotint.lab.data.labelled import SIDE, Labelled, Labels, cut, join
from mezzotint.lab.systems import Media
from mezzotint.lab.systems.claims import Curve
from mezzotint.lab.systems.image import Pixels

ACROSS = 4  # tiles along each side of a coded picture
TILES = 400
SEED = 1_000_003  # of the tiles that judge, none of training's


def judged_tiles(pictures: Sequence[Media]) -> Labels:
    """Tiles painted over held-out pictures, uint8 (H, W, 3); a whole number of coded pictures of them."""
    photos = [torch.from_numpy(np.ascontiguousarray(p)).permute(2, 0, 1) for p in pictures]
    return Labelled(Crops(photos, SIDE, ACROSS**2, SEED), SEED).draw(TILES // ACROSS**2 * ACROSS**2)


def sheets(tiles: Labels) -> list[Pixels]:
    """The pictures to code, uint8 (ACROSS * SIDE, ACROSS * SIDE, 3)."""
    return [p.permute(1, 2, 0).contiguous().numpy() for p in join(tiles.pixels, ACROSS)]


def tiles_of(found: Sequence[Media]) -> Tensor:
    """Decoded sheets, uint8 (H, W, 3), -> x (N, 3, SIDE, SIDE) in [-1/2, 1/2]."""
    return cut(torch.stack([signed(torch.from_numpy(p).permute(2, 0, 1)) for p in found]), ACROSS)


def by_pillow(kind: str, quality: int) -> Callable[[Pixels], tuple[int, Pixels]]:
    """A pixel codec of Pillow's: a picture -> the bytes of its file, and what it decodes to."""

    def code(picture: Pixels) -> tuple[int, Pixels]:
        file = io.BytesIO()
        Image.fromarray(picture).save(
            file, kind, quality=quality, **({"optimize": True} if kind == "JPEG" else {})
        )
        with Image.open(file) as image:
            return len(file.getvalue()), np.array(image.convert("RGB"))

    return code


def frontier(curve: Curve) -> Curve:
    """The points that no cheaper one equals."""
    kept: list[tuple[float, float]] = []
    for rate, score in sorted(curve):
        if not kept or score > kept[-1][1]:
            kept.append((rate, score))
    return tuple(kept)


def points_at_equal_rate(anchor: Curve, candidate: Curve) -> float:
    """How many points, of a hundred, more tiles the candidate gets right; UsageError where the rates do not overlap."""
    return 100 * bd_quality(anchor, candidate)


def rate_at_equal_share(anchor: Curve, candidate: Curve) -> float | None:
    """Percent of rate that the candidate spends more; None where the two reach no shares in common."""
    try:
        return bd_rate(frontier(anchor), frontier(candidate))
    except UsageError:
        return None
