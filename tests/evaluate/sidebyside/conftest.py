# SPDX-License-Identifier: Apache-2.0
"""Pictures to compare, and a reader of the page that trusts nothing in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mezzotint.evaluate import sidebyside
from mezzotint.evaluate.sidebyside import Side
from mezzotint.runtime.pictures import Picture

Make = Callable[..., bytes]


@dataclass
class Read(HTMLParser):
    """What a browser would find: elements in their order, the text in each kind of them, and what was left open."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def policy(self) -> str:
        found = [m["content"] for m in self.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        assert len(found) == 1 and found[0]
        return found[0]

    def pixels(self) -> list[NDArray[np.uint8]]:
        sources = [attributes["src"] or "" for attributes in self.all("img")]
        coded = [base64.b64decode(source.partition(";base64,")[2], validate=True) for source in sources]
        return [np.asarray(Image.open(io.BytesIO(data))) for data in coded]


@pytest.fixture
def read() -> Callable[[bytes], Read]:
    def parse(page: bytes) -> Read:
        reader = Read()
        reader.feed(page.decode("utf-8"))
        reader.close()
        assert reader.open == []
        return reader

    return parse


@pytest.fixture
def make() -> Make:
    """(a, b) -> the page of two pictures."""

    def page(
        a: Picture,
        b: Picture,
        names: tuple[str, str] = ("a.png", "b.mzt"),
        crop: sidebyside.Crop | None = None,
        command: str | None = "mzt encode a.png b.mzt -q 60",
        sizes: tuple[int, int] = (9000, 450),
    ) -> bytes:
        pair = sidebyside.pair(a, b)
        part = sidebyside.crop(a.width, a.height, crop)
        sides = (Side(names[0], sizes[0], "PNG", a.icc), Side(names[1], sizes[1], "mzt, quality 60", b.icc))
        return sidebyside.page(*sides, pair, sidebyside.apart(pair), part, command)

    return page


@pytest.fixture
def noisy(photo: NDArray[np.uint8]) -> tuple[Picture, Picture]:
    """A photo of 451x300 and the same with errors of up to 4."""
    noise = np.random.default_rng(3).integers(-4, 5, photo.shape)
    other = np.clip(photo.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return Picture(photo), Picture(other)
