# SPDX-License-Identifier: Apache-2.0
"""Invertible maps of a picture's values, each steered by a few bytes: a tone curve, local gains, a spectrum.

A map takes x (B, 3, H, W) in 0..1, sides multiples of 8, and ``steer`` (B, steered) bytes as floats, which a network
may choose; it gives y in 0..1 and ``noted`` (B, notes) 16-bit numbers that it read off the picture. `undo` needs y, the
bytes and the notes alone. In float64 it gives x back to far less than a step of 16 bits; in float32 it is for training.

The trap: what leaves 0..1 is clipped by 8 bits and cannot come back. The curve and the gains keep 0..1 by their form;
the spectrum makes room by a factor that it notes.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.lab.layers.jpeg_proxy import FROM_YCBCR, TO_YCBCR, blocks, turned, unblocked
from mezzotint.lab.registry import Registry, Source

REMAPS = Registry("remap")
SOURCE = Source(
    "RawJPEG-Adapter",
    "invertible map",
    "Raw-JPEG Adapter: Efficient Raw Image Compression with JPEG",
    2025,
)
NOTE_MAX = 65535
MIDDLE = 128  # the byte of no change
OCTAVE = 40  # bytes to a factor of two


class Remap(Protocol):
    """``steered`` and ``notes`` say how many bytes and numbers; ``start`` (steered,) the bytes to begin with.

    ``size`` in 0..255 is the argument it was built with, 0 if it takes none.
    """

    size: int
    steered: int
    notes: int
    start: Tensor

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]: ...

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor: ...


def factor(steer: Tensor) -> Tensor:
    """Bytes -> 2^-3.2 to 2^3.2."""
    return torch.exp2((steer - MIDDLE) / OCTAVE)


def chain(spec: str) -> tuple[Remap, ...]:
    """``"curve(8) | spectrum()"`` -> the maps in order; none for an empty spec. ValueError as registries raise."""
    return tuple(REMAPS.build(part) for part in spec.split("|")) if spec.strip() else ()


@REMAPS.register("power", SOURCE)
class Power:
    """y = x^(10 / tenths), steered by nothing: the fixed gamma that files for screens have."""

    steered = notes = 0
    start = torch.empty(0)

    def __init__(self, tenths: int = 22) -> None:
        if not 1 <= tenths <= 255:
            raise ValueError(f"an exponent of {tenths} tenths: give 1 to 255")
        self.size, self.exponent = tenths, tenths / 10

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]:
        return x.pow(1 / self.exponent), steer

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor:
        return y.clamp(0, 1).pow(self.exponent)


@REMAPS.register("curve", SOURCE)
class Curve:
    """A rising curve of straight pieces for each plane, from 0 to the plane's largest value, which is noted.

    Knots lie at the squares of equal steps, close in the dark; a byte b makes a piece rise in proportion to (b + 1)^2.
    """

    notes = 3

    def __init__(self, pieces: int = 8) -> None:
        if not 1 <= pieces <= 255:
            raise ValueError(f"a curve of {pieces} pieces: give 1 to 255")
        self.size = self.pieces = pieces
        self.steered = 3 * pieces
        self.start = (32 * (2 * torch.arange(pieces) + 1.0).sqrt() * (8 / max(pieces, 8)) ** 0.5).repeat(
            3
        ) - 1

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]:
        noted = (x.amax((2, 3)) * NOTE_MAX).ceil().clamp(1, NOTE_MAX)
        return self._bent(x / _plane(noted), *self._knots(steer)), noted

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor:
        return self._bent(y, *self._knots(steer)[::-1]) * _plane(noted)

    def _knots(self, steer: Tensor) -> tuple[Tensor, Tensor]:
        """Places and heights (B, 3, pieces + 1), both from 0 to 1."""
        rises = (steer.view(-1, 3, self.pieces) + 1) ** 2
        heights = F.pad(rises.cumsum(2), (1, 0)) / rises.sum(2, keepdim=True)
        places = torch.arange(self.pieces + 1, dtype=steer.dtype, device=steer.device) ** 2 / self.pieces**2
        return places.expand_as(heights), heights

    def _bent(self, x: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """x along the curve through (start, end)."""
        flat = x.clamp(0, 1).flatten(2)
        piece = torch.searchsorted(start[..., 1:-1].contiguous(), flat.detach().contiguous())
        low, high, below, above = (
            knots.gather(2, piece + right) for knots in (start, end) for right in (0, 1)
        )
        return (below + (flat - low) * (above - below) / (high - low)).view_as(x)


@REMAPS.register("gain", SOURCE)
class Gain:
    """y = g x / (1 + (g - 1) x), g from a coarse grid stretched over the picture: dark areas become brighter or not.

    It takes 0..1 to 0..1, has the slope g in the dark, and is undone by 1 / g.
    """

    notes = 0

    def __init__(self, cells: int = 4) -> None:
        if not 2 <= cells <= 16:
            raise ValueError(f"a grid of {cells} cells a side: give 2 to 16")
        self.size = self.cells = cells
        self.steered = cells * cells
        self.start = torch.full((self.steered,), float(MIDDLE))

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]:
        g = self._gain(x, steer)
        return g * x / (1 + (g - 1) * x), steer[:, :0]

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor:
        g, y = self._gain(y, steer), y.clamp(0, 1)
        return y / (g - (g - 1) * y)

    def _gain(self, x: Tensor, steer: Tensor) -> Tensor:
        grid = factor(steer).view(-1, 1, self.cells, self.cells)
        return F.interpolate(grid, x.shape[2:], mode="bilinear", align_corners=True)


@REMAPS.register("spectrum", SOURCE)
class Spectrum:
    """Coefficients of 8x8 blocks, scaled by diagonal (row + column), luma and chroma apart; then room made for all."""

    size, steered, notes = 0, 2 * 15, 1
    start = torch.full((30,), float(MIDDLE))

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]:
        v = self._scaled(x - 0.5, self._scale(steer))
        room = (0.5 / v.abs().amax((1, 2, 3)).clamp_min(0.5))[:, None]
        noted = (room * NOTE_MAX).clamp_min(1)
        noted = noted + (noted.floor() - noted).detach()
        return 0.5 + v * noted[..., None, None] / NOTE_MAX, noted

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor:
        return 0.5 + self._scaled((y - 0.5) / (noted[..., None, None] / NOTE_MAX), 1 / self._scale(steer))

    def _scale(self, steer: Tensor) -> Tensor:
        """(B, 3, 1, 1, 8, 8)."""
        diagonal = torch.arange(8)[:, None] + torch.arange(8)
        luma, chroma = factor(steer).view(-1, 2, 15)[:, :, diagonal].unbind(1)
        return torch.stack((luma, chroma, chroma), 1)[:, :, None, None]

    def _scaled(self, x: Tensor, scale: Tensor) -> Tensor:
        return turned(unblocked(blocks(turned(x, TO_YCBCR)) * scale), FROM_YCBCR)


def _plane(noted: Tensor) -> Tensor:
    """(B, 3) -> (B, 3, 1, 1) of 0..1."""
    return noted[..., None, None] / NOTE_MAX
