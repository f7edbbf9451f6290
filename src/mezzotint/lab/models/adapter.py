# SPDX-License-Identifier: Apache-2.0
"""Round an ordinary codec: a chain of invertible maps, steered by a network that sees a thumbnail.

    x --- thumbnail --- convolutions --- bytes --+
    |                                            |
    +--- map 1 --- map 2 --- map 3 --- 8 bits ---+--- codec --- 8 bits --- undo 3 --- undo 2 --- undo 1 --- x_hat

After "Raw-JPEG Adapter: Efficient Raw Image Compression with JPEG" (Afifi, Zhang, Brown, 2025). It learns through the
proxy of layers/jpeg_proxy.py. The trap is the measure: maps that only turn the codec's quality up or down must win
nothing, so that bits are charged against distortion at the codec's own exchange rate, found on each picture by changing
its steps.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.jpeg_proxy import jpeg
from mezzotint.lab.layers.remaps import Remap
from mezzotint.lab.layers.rounding import straight_through

THUMBNAIL = 32
GRID = 4
WIDTH = 32
NUDGE = 1.2  # by which the codec's steps are changed to find its exchange rate
RATES = (
    0.05,
    1.5,
)  # bits a pixel to a halving of squared error; fine steps cost half a bit for each of three planes


class Steered(NamedTuple):
    """``steer`` (B, n) whole floats in 0..255; ``noted`` (B, m) whole floats in 0..65535."""

    steer: Tensor
    noted: Tensor


class Adapter(nn.Module):
    """x (B, 3, H, W) in 0..1 of linear light, quality (B,) in 1..100; sides of x multiples of 8."""

    def __init__(self, maps: tuple[Remap, ...]) -> None:
        super().__init__()
        self.maps = maps
        start = torch.cat([m.start for m in maps]) if maps else torch.empty(0)
        self.register_buffer("start", start)
        self.see, self.steer = nn.Sequential(), nn.Identity()
        if len(start):
            self.see = _eyes()
            self.steer = nn.Linear(WIDTH * GRID * GRID, len(start))
            nn.init.zeros_(self.steer.weight)
            nn.init.zeros_(self.steer.bias)

    def steered(self, x: Tensor, quality: Tensor) -> Tensor:
        """The bytes of all maps, (B, n)."""
        if not len(self.start):
            return x.new_empty(len(x), 0)
        small = F.adaptive_avg_pool2d(x.float(), THUMBNAIL)
        dark = torch.log2(small + 1e-3) / 10 + 0.5
        plane = (quality.float() / 50 - 1)[:, None, None, None].expand_as(small[:, :1])
        seen = F.adaptive_avg_pool2d(self.see(torch.cat((small, dark, plane), 1)), GRID)
        wanted = (self.start + 64 * self.steer(seen.flatten(1))).clamp(0, 255)
        return straight_through(wanted, wanted.round())

    def apply(self, x: Tensor, steer: Tensor) -> tuple[Tensor, Tensor]:
        """x -> y in 0..1 and what the maps noted."""
        notes = [x.new_empty(len(x), 0)]
        for each, part in zip(self.maps, self._parts(steer), strict=True):
            x, noted = each.apply(x, part)
            notes.append(noted[:, : each.notes])
        return x, torch.cat(notes, 1)

    def undo(self, y: Tensor, steer: Tensor, noted: Tensor) -> Tensor:
        """y -> x, from the bytes and the notes alone."""
        notes = noted.split([m.notes for m in self.maps], 1) if self.maps else ()
        for each, part, own in reversed(list(zip(self.maps, self._parts(steer), notes, strict=True))):
            y = each.undo(y, part, own)
        return y

    def loss(self, x: Tensor, quality: Tensor) -> Tensor:
        """Bits a pixel and, at the codec's exchange rate, the logarithm of the squared error; the mean of the batch."""
        y, noted = self.apply(x, steer := self.steered(x, quality))
        pixels = straight_through(255 * y, (255 * y).round().clamp(0, 255))
        bits, error = self._tried(x, pixels, steer, noted, quality, 1.0)
        with torch.no_grad():
            more, less = (self._tried(x, pixels, steer, noted, quality, s) for s in (1 / NUDGE, NUDGE))
            rate = ((more[0] - less[0]) / (less[1] - more[1]).clamp_min(1e-3)).clamp(*RATES)
        return ((bits + rate * error) / bits.detach()).mean()

    def _tried(
        self, x: Tensor, pixels: Tensor, steer: Tensor, noted: Tensor, quality: Tensor, step: float
    ) -> tuple[Tensor, Tensor]:
        """Bits a pixel and log2 of the mean squared error, (B,) each."""
        coded = jpeg(pixels, quality, step)
        back = straight_through(coded.pixels, coded.pixels.round().clamp(0, 255)) / 255
        error = (self.undo(back, steer, noted) - x).square().flatten(1).mean(1)
        return coded.bits / (x.shape[2] * x.shape[3]), torch.log2(error + 1e-12)

    def _parts(self, steer: Tensor) -> tuple[Tensor, ...]:
        return steer.split([m.steered for m in self.maps], 1) if self.maps else ()


def _eyes() -> nn.Sequential:
    """(B, 7, 32, 32) -> (B, WIDTH, 8, 8)."""
    return nn.Sequential(
        nn.Conv2d(7, WIDTH, 3, padding=1), nn.GELU(),
        nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1), nn.GELU(),
        nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1), nn.GELU(),
    )  # fmt: skip
