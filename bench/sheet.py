# SPDX-License-Identifier: Apache-2.0
"""Pictures side by side on one sheet: a row a photo, a column a codec, and an enlarged detail under each picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mezzotint.evaluate.codecs import Pixels

WIDTH = 480  # of a column, in pixels
DETAIL = (160, 120)  # what is enlarged, width and height in pixels of the photo
ZOOM = WIDTH // DETAIL[0]
GAP, TITLE, NOTE = 16, 26, 20  # space between things; sizes of the two lines of a label
PAPER, INK, FRAME = "white", "black", (230, 60, 40)


@dataclass(frozen=True)
class Panel:
    title: str
    note: str
    pixels: Pixels


def draw(rows: list[list[Panel]]) -> Image.Image:
    """The sheet; every row's first panel is the original, whose busiest part is the detail for the whole row."""
    heights = [_height(row[0].pixels) for row in rows]
    size = (GAP + max(len(row) for row in rows) * (WIDTH + GAP), GAP + sum(heights))
    sheet = Image.new("RGB", size, PAPER)
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        corner = busiest(row[0].pixels)
        for column, panel in enumerate(row):
            _panel(sheet, panel, corner, GAP + column * (WIDTH + GAP), top)
        top += height
    return sheet


def busiest(pixels: Pixels) -> tuple[int, int]:
    """(x, y) of the window of DETAIL's size with the strongest edges, on a grid of 16 pixels."""
    grey = pixels.astype(np.float64).mean(axis=2)
    edges = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
    total = np.pad(edges.cumsum(0).cumsum(1), ((1, 0), (1, 0)))  # summed-area table
    width, height = min(DETAIL[0], edges.shape[1]), min(DETAIL[1], edges.shape[0])
    score = (
        total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    )
    score = score[::16, ::16]
    y, x = np.unravel_index(int(score.argmax()), score.shape)
    return 16 * int(x), 16 * int(y)


def _height(pixels: Pixels) -> int:
    return TITLE + NOTE + 2 * GAP + _scaled(pixels)[1] + ZOOM * DETAIL[1] + GAP


def _scaled(pixels: Pixels) -> tuple[int, int]:
    return WIDTH, round(WIDTH * pixels.shape[0] / pixels.shape[1])


def _panel(sheet: Image.Image, panel: Panel, corner: tuple[int, int], left: int, top: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.text((left, top), panel.title, INK, ImageFont.load_default(TITLE - 4))
    pen.text((left, top + TITLE), panel.note, INK, ImageFont.load_default(NOTE - 3))
    top += TITLE + NOTE + GAP // 2

    image, size = Image.fromarray(panel.pixels), _scaled(panel.pixels)
    scale = size[0] / image.width
    box = (*corner, corner[0] + DETAIL[0], corner[1] + DETAIL[1])
    sheet.paste(image.resize(size, Image.Resampling.LANCZOS), (left, top))
    frame = [left + box[0] * scale, top + box[1] * scale, left + box[2] * scale - 1, top + box[3] * scale - 1]
    pen.rectangle(frame, outline=FRAME, width=2)
    detail = image.crop(box).resize((DETAIL[0] * ZOOM, DETAIL[1] * ZOOM), Image.Resampling.NEAREST)
    sheet.paste(detail, (left, top + size[1] + GAP // 2))
