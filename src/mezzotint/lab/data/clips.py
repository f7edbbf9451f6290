# SPDX-License-Identifier: Apache-2.0
"""Short clips made of photos: a window that pans, turns and zooms over one. The same for a photo and a seed.

For systems that code clips, where no video is at hand. What moves is the whole picture, as before a moving camera:
nothing is covered or uncovered, no noise comes anew, so a clip is easier to code than filmed ones. The trap: frames are
sampled between pixels, which blurs; the photo is scaled down first, so that a frame is about as sharp as a photo.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

FRAMES, ROWS, COLUMNS = 8, 64, 96
TURN, ZOOM = 8.0, 0.15  # most from first to last frame: degrees, and a share of the size
ROOM = 1.5  # sides of the scaled photo to those of a frame, at least: room to pan
TAPS = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16

Clip = NDArray[np.uint8]


def moving(
    photo: NDArray[np.uint8], frames: int = FRAMES, rows: int = ROWS, columns: int = COLUMNS, seed: int = 0
) -> Clip:
    """photo (H, W, 3) -> (frames, rows, columns, 3), uint8. Photos too small for the window are scaled up."""
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
        raise ValueError(f"{photo.dtype} pixels shaped {photo.shape}: give uint8 (H, W, 3)")
    if min(frames, rows, columns) < 1:
        raise ValueError(f"{frames} frames of {rows} x {columns}: choose at least one of each")
    scale = ROOM * max(rows / photo.shape[0], columns / photo.shape[1])
    size = [math.ceil(side * scale) for side in photo.shape[:2]]
    x = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float()
    x = F.interpolate(x, size, mode="bicubic", antialias=True).clamp(0, 255)
    grids = torch.stack([_grid(size, (rows, columns), move) for move in _path(frames, seed)])
    found = F.grid_sample(
        x.expand(frames, -1, -1, -1), grids, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    clip: Clip = found.clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    return clip


def _path(frames: int, seed: int) -> list[tuple[float, float, float, float]]:
    """For each frame (down, right, turn, zoom): the first two -1 to 1 in the room there is, radians, a factor."""
    draw = (
        torch.rand(6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        .mul(2)
        .sub(1)
        .tolist()
    )
    path = []
    for frame in range(frames):
        share = frame / max(1, frames - 1) - 0.5
        down, right = 0.5 * draw[0] + 0.5 * draw[1] * share, 0.5 * draw[2] + 0.5 * draw[3] * share
        path.append((down, right, math.radians(TURN) * draw[4] * share, 1 + ZOOM * draw[5] * share))
    return path


def _grid(size: list[int], window: tuple[int, int], move: tuple[float, float, float, float]) -> Tensor:
    """(rows, columns, 2) places in the picture, x and y in -1..1, of the pixels of a moved window."""
    down, right, turn, zoom = move
    y = torch.arange(window[0], dtype=torch.float64)[:, None] - (window[0] - 1) / 2
    x = torch.arange(window[1], dtype=torch.float64)[None] - (window[1] - 1) / 2
    across = (x * math.cos(turn) - y * math.sin(turn)) * zoom + right * (size[1] - window[1]) / 2
    along = (x * math.sin(turn) + y * math.cos(turn)) * zoom + down * (size[0] - window[0]) / 2
    return torch.stack([2 * across / size[1], 2 * along / size[0]], 2).float()


def high_band(clip: Clip) -> NDArray[np.float32]:
    """What a binomial blur of five taps either way leaves of each frame, (T, H, W, 3)."""
    planes = torch.from_numpy(clip.astype(np.float32)).permute(0, 3, 1, 2).flatten(0, 1)[:, None]
    padded = F.pad(planes, (2, 2, 2, 2), mode="replicate")
    smooth = F.conv2d(F.conv2d(padded, TAPS.view(1, 1, 5, 1)), TAPS.view(1, 1, 1, 5))
    high: NDArray[np.float32] = (
        (planes - smooth).view(len(clip), 3, *clip.shape[1:3]).permute(0, 2, 3, 1).contiguous().numpy()
    )
    return high
