# SPDX-License-Identifier: Apache-2.0
"""An image codec as most papers have it: a trained graph (`models.framed`), and its files.

Pictures are padded to multiples of 64 by repeating their border and cut after decoding. The trap: coding and decoding
must run the same kernels on tensors of the same shapes, so both go through float32, one thread, one picture at a time.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops, signed
from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.anneal import Plan, anneal
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import Framed
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train.short import short_run

QUALITIES = (500, 1250, 2000, 2750, 3500)  # of a curve: those of the board of mixers
CELL = 64  # pixels; z has one number a cell

Pixels = NDArray[np.uint8]


class ImageSystem(nn.Module):
    """``name``, that under which the system is registered, stands in its streams.

    ``refine_steps`` of annealing (models/anneal.py) move y for each picture before it is coded, 0 for none. They are
    the encoder's alone: they stand in no file, and may be set anew between two pictures.
    """

    media, gives, qualities = "photo", "same", QUALITIES

    def __init__(self, name: str, framed: Framed, refine_steps: int = 0) -> None:
        super().__init__()
        if refine_steps < 0:
            raise ValueError(f"refine_steps={refine_steps}: choose 0 for none, or more")
        self.name, self.framed, self.refine_steps = name, framed, refine_steps

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        """See `Framed`."""
        out: Output = self.framed(x, quality)
        return out

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        short_run(self, crops, steps, seed)

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        y, _ = self.to_latent(media, quality)
        chunks = self.framed.prior.compress(y)
        return stream.write(
            stream.Stream(self.name, stream.identity(self), int(quality), media.shape, tuple(chunks))
        )

    @reading
    def decompress(self, data: bytes) -> Pixels:
        found = stream.read(data, self.name, stream.identity(self))
        height, width = picture_sides(found.shape)
        dial = check_dial(found.quality)
        rows, columns = -(-height // CELL) * CELL // 16, -(-width // CELL) * CELL // 16
        y_hat = self.framed.prior.decompress(found.chunks, rows, columns)
        return self.to_pixels(y_hat, dial, height, width)

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        y, dial = self.to_latent(media, quality)
        return self.to_pixels(self.framed.prior(y).y_hat, dial, *media.shape[:2])

    @torch.no_grad()
    def to_latent(self, media: Pixels, quality: int) -> tuple[Tensor, Tensor]:
        """Pixels -> y in steps (1, M, h, w), and the quality as the networks take it (1,)."""
        x, dial = padded(media), check_dial(quality)
        if self.refine_steps:
            height, width = media.shape[:2]
            return anneal(self.framed, x, dial, Plan(self.refine_steps), (height, width)), dial
        return self.framed.latent(x, dial), dial

    @torch.no_grad()
    def to_pixels(self, y_hat: Tensor, dial: Tensor, height: int, width: int) -> Pixels:
        """What the prior gave -> pixels (height, width, 3)."""
        return to_bytes(self.framed.pixels(y_hat, dial)[0, :, :height, :width])


def check_dial(quality: int) -> Tensor:
    """The quality as a tensor (1,); ValueError outside 0..4095."""
    if (
        isinstance(quality, bool)
        or not isinstance(quality, int | np.integer)
        or not 0 <= quality <= QUALITY_MAX
    ):
        raise ValueError(f"quality {quality}: give a whole number from 0 to {QUALITY_MAX}")
    return torch.tensor([float(quality)])


def check_photo(media: Pixels) -> None:
    """ValueError for anything but uint8 (H, W, 3) with at least a pixel."""
    if not isinstance(media, np.ndarray):
        raise ValueError(f"pixels in a {type(media).__name__}: give a numpy array, uint8 (H, W, 3)")
    if media.dtype != np.uint8 or media.ndim != 3 or media.shape[2] != 3 or not media.size:
        raise ValueError(f"{media.dtype} pixels shaped {media.shape}: give uint8 (H, W, 3)")


def padded(media: Pixels, cell: int = CELL) -> Tensor:
    """uint8 (H, W, 3) -> float (1, 3, H', W') in [-1/2, 1/2], sides up to multiples of ``cell``."""
    check_photo(media)
    height, width = media.shape[:2]
    x = signed(torch.from_numpy(media.copy()).permute(2, 0, 1))[None]
    return F.pad(x, (0, -width % cell, 0, -height % cell), mode="replicate")


def to_bytes(x: Tensor) -> Pixels:
    """Float (3, H, W) about [-1/2, 1/2] -> uint8 (H, W, 3)."""
    found = ((x + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    pixels: Pixels = found.permute(1, 2, 0).contiguous().numpy()
    return pixels


def picture_sides(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width from a stream's shape; DamagedFile where it is not that of a picture."""
    if len(shape) != 3 or shape[2] != 3:
        raise DamagedFile(f"a stream of media shaped {shape}, where a picture is read")
    return shape[0], shape[1]
