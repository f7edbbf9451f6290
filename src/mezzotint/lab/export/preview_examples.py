# SPDX-License-Identifier: Apache-2.0
"""What the preview of a model is fitted to and measured by: the whole decoder's own picture, averaged over 8x8 pixels.

Not the original: whoever sees both compares the preview with the decoded picture, and the first group cannot know more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mezzotint.bundle.schema import CELL, Z_CELL
from mezzotint.lab.data.crops import Crops
from mezzotint.runtime.encode import quantise_tile
from mezzotint.runtime.latents import Model, TileLatents, dequantise_tile
from mezzotint.runtime.tiles import Rect

SHRINK = 8  # pixels of the picture that become one, a side


@dataclass(frozen=True, eq=False)
class Coded:
    """One tile, as its decoder has it."""

    latents: TileLatents
    y_hat: NDArray[np.float32]  # (M, h, w)
    small: NDArray[np.float32]  # (2h, 2w, 3), 0..255: means of the decoded pixels


@dataclass(frozen=True, eq=False)
class Examples:
    """Tiles of one size, N of them, at a quality each."""

    quality: Tensor  # (N,) 0..4095
    symbols: Tensor  # (N, M_1, h, w)
    z_hat: Tensor  # (N, Cz, h/4, w/4)
    y_hat: Tensor  # (N, M_1, h, w), as the runtime finds it
    target: Tensor  # (N, 12, h, w) in [-1/2, 1/2]: row, column, plane of 2x2 pixels a cell


def code(model: Model, pixels: NDArray[np.uint8], quality: int) -> Coded:
    """pixels (H, W, 3), at most a tile, with sides that are multiples of 64."""
    height, width, _ = pixels.shape
    grid = (model.card.latent_channels, height // CELL, width // CELL)
    y = model.run("analysis", quality, grid, pixels=np.ascontiguousarray(pixels)[None])
    latents = quantise_tile(y, Rect(0, 0, height // Z_CELL, width // Z_CELL), quality, model)
    y_hat = dequantise_tile(latents, quality, model)
    decoded = model.run("synthesis", quality, pixels.shape, y_hat=y_hat)[0]
    cells = decoded.reshape(height // SHRINK, SHRINK, width // SHRINK, SHRINK, 3)
    return Coded(latents, y_hat[0], cells.mean((1, 3), dtype=np.float32))


def examples(model: Model, crops: Crops, batches: int) -> Examples:
    """Random crops at random qualities, through the encoder and back."""
    generator = torch.Generator().manual_seed(0)
    first = model.card.latent_groups[0]
    rows: list[tuple[Tensor, ...]] = []
    for number in tqdm(range(batches), desc="coding crops", unit="batch"):
        for crop in crops.at(number):
            quality = int(torch.randint(0, 4096, (), generator=generator))
            pixels = ((crop.permute(1, 2, 0) + 0.5) * 255).round().clamp(0, 255).to(torch.uint8).numpy()
            coded = code(model, pixels, quality)
            integers = coded.latents.symbols[:first], coded.latents.z_hat
            floats = [torch.from_numpy(array.astype(np.float32)) for array in integers]
            y_hat = torch.from_numpy(coded.y_hat[:first].copy())
            rows.append((torch.tensor(float(quality)), *floats, y_hat, by_cell(coded.small)))
    return Examples(*(torch.stack(column) for column in zip(*rows, strict=True)))


def middle(picture: Tensor, most: int) -> Tensor:
    """The middle of a picture (3, H, W): sides of whole blocks, none over ``most``."""
    for axis in (1, 2):
        side = min(most, picture.shape[axis] // Z_CELL * Z_CELL)
        picture = picture.narrow(axis, (picture.shape[axis] - side) // 2, side)
    return picture


def by_cell(small: NDArray[np.float32]) -> Tensor:
    """Pixels (2h, 2w, 3) in 0..255 -> (12, h, w) in [-1/2, 1/2]: row, column, plane of each cell."""
    planes = torch.from_numpy(small).permute(2, 0, 1) / 255 - 0.5
    cells = F.pixel_unshuffle(planes, 2).unflatten(0, (3, 4))  # (plane, row and column, h, w)
    return cells.transpose(0, 1).flatten(0, 1)
