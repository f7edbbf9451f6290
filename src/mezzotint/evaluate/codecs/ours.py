# SPDX-License-Identifier: Apache-2.0
"""Mezzotint itself, through the same two functions that everybody calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import mezzotint
from mezzotint.bundle import resolve
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels

ID = "mezzotint"


@dataclass(frozen=True)
class Ours:
    """Mezzotint with one model: a path of a bundle, or None for the default one. Bytes do not depend on `threads`."""

    model: str | None
    version: str
    id: str = ID
    settings: str = "default"
    qualities: tuple[float, ...] = (0, 12, 25, 38, 50, 62, 75, 88, 100)
    fast_qualities: tuple[float, ...] = (12, 38, 62, 88)

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        return mezzotint.encode(pixels, quality, model=self.model, threads=threads)

    def decode(self, data: bytes, threads: int) -> Pixels:
        pixels = mezzotint.decode(data, model=self.model, threads=threads)
        assert isinstance(pixels, np.ndarray)  # `as_` asks for nothing else
        return pixels


def family(model: str | None = None) -> Family:
    """The family with this model; `open` reads the bundle: UnknownModel, DamagedModel or FileAccess where it cannot."""
    return Family(ID, "Mezzotint", "pip install mezzotint", partial(_open, model))


def _open(model: str | None) -> tuple[Codec, ...]:
    path = None if model is None else str(Path(model).absolute())  # a worker may stand elsewhere
    bundle = resolve(path)
    version = f"mezzotint {mezzotint.__version__}, model {bundle.card.name} {bundle.model_id.hex()}"
    return (Ours(path, version),)
