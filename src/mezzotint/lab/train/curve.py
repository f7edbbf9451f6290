# SPDX-License-Identifier: Apache-2.0
"""Rate and distortion of a checkpoint on whole photos, in torch, without exporting it.

The trap: at one quality this is not what `mzt eval` measures of the exported model. The codec rounds some symbols
toward zero where that saves more bits than it costs, which moves it down its own curve: on examples/ the files of the
first model are 3 to 11 % smaller and 0.04 to 0.4 dB worse, and the two curves lie 0.7 % of rate apart (BD). Beside that
its tables are counted at export, weights are fp16, a file has some 60 bytes of header, and context ends at tiles of
1024 pixels. For comparing checkpoints with one another; what is published comes from files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mezzotint.evaluate.metrics.psnr import psnr
from mezzotint.evaluate.rows import PSNR_CAP
from mezzotint.lab.data.crops import signed
from mezzotint.lab.models.codec import Codec
from mezzotint.runtime.encode import quality_index
from mezzotint.runtime.tiles import Rect, blocks, cut

QUALITIES = (0.0, 12.0, 25.0, 38.0, 50.0, 62.0, 75.0, 88.0, 100.0)


@dataclass(frozen=True)
class Point:
    """Means over photos at one quality; ``bpp`` is ``y_bpp + z_bpp``, bits of a photo over its own pixels."""

    quality: float  # 0..100, as `mzt encode -q`
    bpp: float
    y_bpp: float
    z_bpp: float
    psnr: float  # dB over 8-bit RGB samples, of each photo and then the mean
    photos: int


@torch.no_grad()
def curve(
    model: Codec,
    photos: list[Tensor],
    device: str,
    qualities: tuple[float, ...] = QUALITIES,
    done: Callable[[], object] = lambda: None,
) -> list[Point]:
    """A point a quality. ``photos`` are uint8 (3, H, W) of any size, padded as the codec does; a photo goes through
    whole, so a large one needs memory: about 1 GB for 12 megapixels. ``done`` is called after each photo and quality.

    ValueError where the model gives values that are not finite.
    """
    model = model.to(device).eval()
    sums = np.zeros((len(qualities), 3))  # of y_bpp, z_bpp and psnr
    for photo in photos:
        pixels = np.ascontiguousarray(photo.permute(1, 2, 0).cpu().numpy())  # (H, W, 3)
        whole = cut(pixels, Rect(0, 0, blocks(pixels.shape[0]), blocks(pixels.shape[1])))
        padded = torch.from_numpy(np.ascontiguousarray(whole)).permute(2, 0, 1)[None].to(device)
        x = signed(padded).contiguous(memory_format=torch.channels_last)
        for total, quality in zip(sums, qualities, strict=True):
            total += _measure(model, x, pixels, quality_index(quality))
            done()
    if not np.isfinite(sums).all():
        raise ValueError("the model gives values that are not finite: take an earlier checkpoint")
    means = sums / len(photos)
    return [
        Point(q, y_bpp + z_bpp, y_bpp, z_bpp, db, len(photos))
        for q, (y_bpp, z_bpp, db) in zip(qualities, means.tolist(), strict=True)
    ]


def _measure(model: Codec, x: Tensor, pixels: np.ndarray, quality: int) -> tuple[float, float, float]:
    """(y_bpp, z_bpp, psnr) of one photo; ``x`` (1, 3, H, W) is padded, ``pixels`` (h, w, 3) is not."""
    height, width = pixels.shape[:2]
    out = model(x, torch.tensor([float(quality)], device=x.device))
    if not torch.isfinite(out.x_hat).all():
        return math.nan, math.nan, math.nan
    levels = (out.x_hat[0, :, :height, :width] + 0.5) * 255
    found = (levels + 0.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    count = height * width
    return (
        out.y_bits.item() / count,
        out.z_bits.item() / count,
        min(psnr(pixels, np.ascontiguousarray(found)), PSNR_CAP),
    )
