# SPDX-License-Identifier: Apache-2.0
"""Mezzotint itself, through the same two functions that everybody calls.

A bare `mezzotint` means effort 0. Higher ones, as in `mezzotint:effort 5`, take minutes a picture and the extra `lab`,
so they never run unless they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import mezzotint
from mezzotint.bundle import resolve
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels
from mezzotint.runtime.effort import MAX_EFFORT, refiner

ID = "mezzotint"
USUAL = "default"  # the settings that a bare name means


@dataclass(frozen=True)
class Ours:
    """Mezzotint with one model: a path of a bundle, or None for the default one.

    At effort 0 bytes do not depend on `threads`.
    """

    model: str | None
    version: str
    id: str = ID
    effort: int = 0
    qualities: tuple[float, ...] = (0, 12, 25, 38, 50, 62, 75, 88, 100)
    fast_qualities: tuple[float, ...] = (12, 38, 62, 88)

    @property
    def settings(self) -> str:
        return f"effort {self.effort}" if self.effort else USUAL

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        return mezzotint.encode(pixels, quality, model=self.model, threads=threads, effort=self.effort)

    def decode(self, data: bytes, threads: int) -> Pixels:
        pixels = mezzotint.decode(data, model=self.model, threads=threads)
        return pixels.astype(np.uint8, copy=False)  # no copy: what went in had 8 bits


def family(model: str | None = None, efforts: bool = False) -> Family:
    """The family with this model; `open` reads the bundle: UnknownModel, DamagedModel or FileAccess where it cannot.

    With `efforts` those above 0 are among its settings; MissingExtra where nothing installed can refine.
    """
    return Family(ID, "Mezzotint", "pip install mezzotint", partial(_open, model, efforts))


def _open(model: str | None, efforts: bool) -> tuple[Codec, ...]:
    path = None if model is None else str(Path(model).absolute())  # a worker may stand elsewhere
    bundle = resolve(path)
    version = f"mezzotint {mezzotint.__version__}, model {bundle.card.name} {bundle.model_id.hex()}"
    if efforts:
        refiner(MAX_EFFORT)
    return tuple(Ours(path, version, effort=effort) for effort in range(MAX_EFFORT + 1 if efforts else 1))
