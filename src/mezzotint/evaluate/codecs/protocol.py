# SPDX-License-Identifier: Apache-2.0
"""What every codec that we measure can do: named settings, an encoder, a decoder, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB


class Codec(Protocol):
    """One codec at fixed settings. Everything but `quality` and `threads` is fixed, so that a row is reproducible."""

    @property
    def id(self) -> str:
        """The family's id, as in `--codecs`: "avif"."""

    @property
    def settings(self) -> str:
        """What a person would have to type to get the same file: "speed 4, 4:4:4"; unique within the family."""

    @property
    def version(self) -> str:
        """The library that does the work and its version: "libaom 3.12.1 (Pillow 13.0.0)"."""

    @property
    def qualities(self) -> tuple[float, ...]:
        """The sweep, rising, in the codec's own unit; one value for a lossless codec."""

    @property
    def fast_qualities(self) -> tuple[float, ...]:
        """Four of them over the usual range, for `--fast`; empty where the settings are left out of it."""

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        """A whole file."""

    def decode(self, data: bytes, threads: int) -> Pixels:
        """The pixels of a file that `encode` made."""


@dataclass(frozen=True)
class Family:
    """All settings of one codec, or the reason why it cannot run here."""

    id: str
    title: str  # "AVIF"
    remedy: str  # how to get it, for the one line about a rival that is missing
    open: Callable[[], tuple[Codec, ...]]  # raises ImportError or MissingExtra where its package is missing
    lossless: bool = False  # belongs to the lossless comparison, left out unless asked for by name
