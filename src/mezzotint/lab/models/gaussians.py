# SPDX-License-Identifier: Apache-2.0
"""A picture as N Gaussians of eight numbers each, and the same after their quantisers.

    position (2) --- steps of 1/8 pixel ------------------------.
    shape    (3) --- 6 bits, learned scale and offset ------------ splat --- + background --- picture
    colour   (3) --- residual codebooks, nearest code of each ---'

"GaussianImage: 1000 FPS Image Representation and Compression by 2D Gaussian Splatting" (Zhang et al., ECCV 2024),
sections 3.1 to 3.3. Rounding passes gradients straight through; codebooks and scales learn from the picture itself.
The trap: `Coded` alone says what the decoder gets, so floats in it are rounded to the half precision that is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.lab.layers.kmeans import kmeans, nearest
from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.layers.splat import splat

PITCH = 8  # steps of a position in a pixel
LEVELS = 64  # of each number of a shape
LEAST = 0.5  # pixels that are added to the standard deviations, as in the paper
FINEST = 1e-3  # pixels: the least step of a shape
SHRINK = 0.55  # of the distance between neighbours: the standard deviation to start with


@dataclass(frozen=True, eq=False)
class Coded:
    """All that is sent of a picture; N Gaussians, M codebooks of K codes."""

    place: NDArray[np.int32]  # (N, 2), x and y in steps
    shape: NDArray[np.int32]  # (N, 3), 0 to LEVELS - 1
    code: NDArray[np.int32]  # (N, M), 0 to K - 1
    scale: NDArray[np.float16]  # (3,) of a shape's step
    offset: NDArray[np.float16]  # (3,)
    books: NDArray[np.float16]  # (M, K, 3)
    background: NDArray[np.uint8]  # (3,)


class Gaussians(nn.Module):
    """() -> (3, H, W) in 0..1, not clipped; ``background`` (3,) in 0..1."""

    background: Tensor

    def __init__(self, position: Tensor, shape: Tensor, colour: Tensor, background: Tensor) -> None:
        super().__init__()
        self.position, self.shape, self.colour = (
            nn.Parameter(position),
            nn.Parameter(shape),
            nn.Parameter(colour),
        )
        self.register_buffer("background", background)

    @classmethod
    def begin(cls, target: Tensor, count: int, seed: int = 0) -> Gaussians:
        """``count`` round ones on target (3, H, W), more where it changes, without colour beside its mean."""
        generator = torch.Generator().manual_seed(seed)
        height, width = target.shape[1:]
        change = torch.zeros(height, width)
        change[:, 1:] += (target[:, :, 1:] - target[:, :, :-1]).abs().sum(0)
        change[1:] += (target[:, 1:] - target[:, :-1]).abs().sum(0)
        chance = change.flatten() + change.mean() + 1e-6
        chosen = torch.multinomial(chance, count, replacement=True, generator=generator)
        position = torch.stack([chosen % width, chosen // width], 1).float()
        position += torch.rand(position.shape, generator=generator) - 0.5
        spread = SHRINK * (height * width / count) ** 0.5
        shape = torch.tensor([spread - LEAST, 0.0, spread - LEAST]).repeat(count, 1)
        background = (target.mean((1, 2)) * 255).round() / 255
        return cls(position, shape, torch.zeros(count, 3), background)

    def forward(self, height: int, width: int) -> Tensor:
        return paint(self.position, self.shape, self.colour, self.background, height, width)


def paint(
    position: Tensor, shape: Tensor, colour: Tensor, background: Tensor, height: int, width: int
) -> Tensor:
    """The picture (3, height, width) of Gaussians; ``shape`` without LEAST, which bounds it from below."""
    bounded = torch.stack(
        [shape[:, 0].clamp_min(0) + LEAST, shape[:, 1], shape[:, 2].clamp_min(0) + LEAST], 1
    )
    return splat(position, bounded, colour, height, width) + background[:, None, None]


def to_steps(position: Tensor) -> Tensor:
    """Pixels -> steps, not rounded; step 0 is the first of the first pixel."""
    return (position + 0.5) * PITCH - 0.5


def to_pixels(place: Tensor) -> Tensor:
    """The inverse of `to_steps`."""
    return (place + 0.5) / PITCH - 0.5


class Quantised(nn.Module):
    """``of`` as the decoder will see it, differentiable; made when the Gaussians are fitted, then tuned further.

    ``books`` codebooks of ``codes`` colours each.
    """

    def __init__(self, of: Gaussians, books: int, codes: int) -> None:
        super().__init__()
        self.of = of
        shape = of.shape.detach()
        low, high = shape.amin(0), shape.amax(0)
        self.scale = nn.Parameter(((high - low) / (LEVELS - 1)).clamp_min(FINEST))
        self.offset = nn.Parameter(low)
        rest, found = of.colour.detach(), []
        for _ in range(books):
            size = min(codes, len(rest))
            book = torch.zeros(codes, 3)
            book[:size] = kmeans(rest, rest.new_ones(len(rest)), size, 20)
            rest = rest - book[nearest(rest, book)]
            found.append(book)
        self.books = nn.Parameter(torch.stack(found))

    def forward(self, height: int, width: int) -> Tensor:
        of = self.of
        position = straight_through(of.position, to_pixels(self.place(height, width)))
        scale = self.scale.clamp_min(FINEST)
        steps = ((of.shape - self.offset) / scale).clamp(0, LEVELS - 1)
        shape = straight_through(steps, steps.round()) * scale + self.offset
        chosen = self.chosen(of.colour.detach())
        colour = sum(book[chosen[:, m]] for m, book in enumerate(self.books))
        assert isinstance(colour, Tensor)
        return paint(position, shape, colour + of.colour - of.colour.detach(), of.background, height, width)

    @torch.no_grad()
    def place(self, height: int, width: int) -> Tensor:
        """(N, 2), whole steps inside the picture."""
        last = PITCH * torch.tensor([width, height]) - 1
        return torch.minimum(to_steps(self.of.position).round().clamp_min(0), last)

    def chosen(self, colour: Tensor) -> Tensor:
        """(N, 3) -> (N, M), of each codebook the code nearest to what those before it left."""
        found = []
        for book in self.books.detach():
            found.append(nearest(colour, book))
            colour = colour - book[found[-1]]
        return torch.stack(found, 1)

    def strayed(self) -> Tensor:
        """How far colours are from their codes, (); to be added to the loss, or gradients carry them away."""
        colour = self.of.colour
        chosen = self.chosen(colour.detach())
        coded = sum(book[chosen[:, m]] for m, book in enumerate(self.books.detach()))
        return (colour - coded).square().mean()

    @torch.no_grad()
    def coded(self, height: int, width: int) -> Coded:
        """What is sent."""
        scale, offset = (t.half().numpy() for t in (self.scale.clamp_min(FINEST), self.offset))
        of = self.of
        steps = (of.shape - torch.from_numpy(offset).float()) / torch.from_numpy(scale).float()
        return Coded(
            self.place(height, width).to(torch.int32).numpy(),
            steps.round().clamp(0, LEVELS - 1).to(torch.int32).numpy(),
            self.chosen(of.colour).to(torch.int32).numpy(),
            scale,
            offset,
            self.books.half().numpy(),
            (of.background * 255).round().to(torch.uint8).numpy(),
        )


def decoded(coded: Coded, height: int, width: int) -> Tensor:
    """The picture (3, height, width) that these numbers stand for."""
    scale, offset, books = (
        torch.from_numpy(a.astype(np.float32)) for a in (coded.scale, coded.offset, coded.books)
    )
    place, shape, code = (torch.from_numpy(a) for a in (coded.place, coded.shape, coded.code))
    colour = torch.zeros(len(place), 3)
    for book, chosen in zip(books, code.T, strict=True):
        colour = colour + book[chosen.long()]
    background = torch.from_numpy(coded.background.astype(np.float32)) / 255
    return paint(to_pixels(place.float()), shape * scale + offset, colour, background, height, width)
