# SPDX-License-Identifier: Apache-2.0
"""Made pictures to train on beside photos: pages of text, screens, cartoons, drawings, charts.

Photos hold few hard edges on flat ground, and a codec trained on photos alone rings round them. Nothing here is a copy
of anything: shapes, colours and words come from the seed. The trap is the share: each such crop is one photo less.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

FINE = 2  # shapes are drawn so many times larger and scaled down, for smooth edges
LETTERS = "etaoinshrdlucmfwypvbgk"
Colour = tuple[int, int, int]


def made(count: int, side: int = 384, seed: int = 0) -> list[Tensor]:
    """``count`` pictures, uint8 (3, side, side); the same ones for a seed."""
    return [_picture(side, random.Random(f"{seed}/{number}"), number) for number in range(count)]


def _picture(side: int, rng: random.Random, number: int) -> Tensor:
    kind = KINDS[number % len(KINDS)]
    image = kind(side, rng)
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous()


def _colour(rng: random.Random, lightest: int = 255, darkest: int = 0) -> Colour:
    if rng.random() < 0.3:
        level = rng.randint(darkest, lightest)
        return level, level, level
    red, green, blue = (rng.randint(darkest, lightest) for _ in range(3))
    return red, green, blue


def _ground_and_ink(rng: random.Random) -> tuple[Colour, Colour]:
    """Two colours that can be told apart."""
    light, dark = _colour(rng, 255, 200), _colour(rng, 110, 0)
    if rng.random() < 0.5:
        light = (255, 255, 255)
    if rng.random() < 0.5:
        dark = (0, 0, 0)
    return (dark, light) if rng.random() < 0.25 else (light, dark)


def _words(rng: random.Random, count: int) -> str:
    words = (
        "".join(rng.choices(LETTERS, range(len(LETTERS), 0, -1), k=rng.randint(2, 9))) for _ in range(count)
    )
    return " ".join(word.capitalize() if rng.random() < 0.15 else word for word in words)


def _write(draw: ImageDraw.ImageDraw, at: tuple[float, float], size: float, ink: Colour, text: str) -> None:
    draw.text(at, text, fill=ink, font=ImageFont.load_default(size))


def _page(side: int, rng: random.Random) -> Image.Image:
    """Lines of text in a few sizes."""
    ground, ink = _ground_and_ink(rng)
    image = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(image)
    top, size = rng.uniform(0, 20), rng.choice([9, 10, 11, 12, 13, 14, 16, 20, 28])
    left = rng.uniform(0, 40)
    while top < side:
        if rng.random() < 0.12:
            heading = rng.uniform(1.3, 3) * size
            _write(draw, (left, top), heading, ink if rng.random() < 0.6 else _colour(rng), _words(rng, 4))
            top += 1.5 * heading
        elif rng.random() < 0.1:
            top += size * rng.uniform(0.5, 3)
        else:
            _write(draw, (left, top), size, ink, _words(rng, rng.randint(3, 16)))
            top += size * rng.uniform(1.2, 1.6)
    return image


def _screen(side: int, rng: random.Random) -> Image.Image:
    """Bars, panels, buttons and fields with labels."""
    ground, ink = _ground_and_ink(rng)
    image = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(image)
    accent = _colour(rng)
    for _ in range(rng.randint(6, 22)):
        left, top = rng.uniform(-40, side), rng.uniform(-40, side)
        box = (
            left,
            top,
            left + rng.choice([20, 60, 120, 260, side]),
            top + rng.choice([12, 24, 32, 60, 160]),
        )
        fill = rng.choice([ground, accent, _colour(rng), None])
        line = rng.choice([None, ink, accent])
        draw.rounded_rectangle(
            box, rng.choice([0, 0, 3, 8]), fill=fill, outline=line, width=rng.choice([1, 1, 2])
        )
        if rng.random() < 0.8:
            where = left + rng.uniform(2, 12), top + rng.uniform(0, 8)
            _write(draw, where, rng.choice([9, 10, 11, 12, 13, 15, 18]), ink, _words(rng, rng.randint(1, 4)))
    return image


def _cartoon(side: int, rng: random.Random) -> Image.Image:
    """Flat shapes, with outlines or without, on a flat ground or a gradient."""
    whole = side * FINE
    image = _gradient(whole, rng) if rng.random() < 0.4 else Image.new("RGB", (whole, whole), _colour(rng))
    draw = ImageDraw.Draw(image)
    line, width = _colour(rng, 60), rng.choice([0, 2, 4, 6, 10])
    for _ in range(rng.randint(4, 26)):
        x, y, reach = rng.uniform(0, whole), rng.uniform(0, whole), rng.uniform(10, whole / 3)
        if rng.random() < 0.5:
            box = (x, y, x + reach * rng.uniform(0.3, 1), y + reach * rng.uniform(0.3, 1))
            draw.ellipse(box, fill=_colour(rng), outline=line if width else None, width=width)
        else:
            corners = [
                (x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach))
                for _ in range(rng.randint(3, 7))
            ]
            draw.polygon(corners, fill=_colour(rng), outline=line if width else None, width=max(1, width))
    return image.resize((side, side), Image.Resampling.LANCZOS)


def _drawing(side: int, rng: random.Random) -> Image.Image:
    """Lines and arcs on paper, smooth or stepped."""
    fine = rng.choice([1, FINE, FINE])
    ground, ink = _ground_and_ink(rng)
    whole = side * fine
    image = Image.new("RGB", (whole, whole), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(10, 90)):
        a, b, c, d = (rng.uniform(0, whole) for _ in range(4))
        width = rng.choice([1, 1, 2, 3, 5]) * fine
        if rng.random() < 0.6:
            draw.line((a, b, c, d) if rng.random() < 0.5 else (a, b, a, d), fill=ink, width=width)
        else:
            draw.arc(
                (min(a, c), min(b, d), max(a, c), max(b, d)),
                rng.uniform(0, 360),
                rng.uniform(0, 360),
                ink,
                width,
            )
    return image.resize((side, side), Image.Resampling.LANCZOS) if fine > 1 else image


def _chart(side: int, rng: random.Random) -> Image.Image:
    """A grid, bars or stripes in a few colours, labels."""
    ground, ink = _ground_and_ink(rng)
    image = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(image)
    pitch, width = rng.choice([4, 6, 8, 12, 16, 24, 40]), rng.choice([1, 1, 2, 3])
    colours = [_colour(rng) for _ in range(rng.randint(1, 5))]
    for number, at in enumerate(range(rng.randint(0, pitch), side, pitch)):
        high = rng.uniform(0, side)
        if rng.random() < 0.8:
            draw.rectangle(
                (at, high, at + pitch * rng.uniform(0.3, 1), side), fill=colours[number % len(colours)]
            )
        draw.line((0, at, side, at), fill=ink, width=width) if number % 3 == 0 else None
    for _ in range(rng.randint(2, 12)):
        _write(
            draw, (rng.uniform(0, side), rng.uniform(0, side)), rng.choice([9, 11, 14]), ink, _words(rng, 2)
        )
    return image


def _gradient(side: int, rng: random.Random) -> Image.Image:
    start, end = np.array(_colour(rng), float), np.array(_colour(rng), float)
    across, down = rng.uniform(-1, 1), rng.uniform(-1, 1)
    ramp = across * np.linspace(0, 1, side)[None, :] + down * np.linspace(0, 1, side)[:, None]
    ramp = (ramp - ramp.min()) / (np.ptp(ramp) + 1e-9)
    return Image.fromarray((start + (end - start) * ramp[..., None] + 0.5).astype(np.uint8))


def _smooth(side: int, rng: random.Random) -> Image.Image:
    """A gradient or a flat colour, alone or with little on it."""
    image = _gradient(side, rng) if rng.random() < 0.6 else Image.new("RGB", (side, side), _colour(rng))
    if rng.random() < 0.5:
        draw = ImageDraw.Draw(image)
        for _ in range(rng.randint(1, 4)):
            at = rng.uniform(0, side), rng.uniform(0, side)
            _write(draw, at, rng.uniform(12, 90), _colour(rng), _words(rng, 2))
    return image


KINDS: tuple[Callable[[int, random.Random], Image.Image], ...] = (
    _page, _screen, _cartoon, _drawing, _chart, _page, _screen, _smooth,
)  # fmt: skip
