# SPDX-License-Identifier: Apache-2.0
"""Encoding effort above 0: where the codec half meets whoever can choose better integers for one picture.

    Draft (what effort 0 would code) --refiner--> TileLatents of the same shape, coded in its place

A refiner needs gradients, so torch, which the codec half never imports: it is looked up among the installed packages by
the entry point group `mezzotint.refiners`, which the lab declares. Decoding knows nothing of it.

Trap: the entry point is there in every installation of Mezzotint; that torch is missing shows only when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from numbers import Integral
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import MissingExtra, UsageError
from mezzotint.runtime.latents import Model, TileLatents
from mezzotint.runtime.tiles import Rect

GROUP = "mezzotint.refiners"
MAX_EFFORT = 9
_REMEDY = "pip install 'mezzotint[lab]', or leave effort at 0"

Progress = Callable[[int, int], None]  # (steps done, steps in all)


@dataclass(frozen=True, eq=False)
class Draft:
    """A picture and the integers that effort 0 codes for it."""

    colour: NDArray[np.uint8]  # (H, W, 3) or (H, W), not padded
    quality: int  # 0..4095
    model: Model
    grid: tuple[Rect, ...]  # the tiles, in blocks
    latents: tuple[TileLatents, ...]  # one a tile


class Refiner(Protocol):
    """What an entry point of GROUP loads."""

    def __call__(self, draft: Draft, effort: int, progress: Progress | None) -> tuple[TileLatents, ...]:
        """Integers for the same tiles, never worse than the draft's; z_hat and indices must fit each other."""


Refine = Callable[[Draft], tuple[TileLatents, ...]]


def refiner(effort: int, progress: Progress | None = None) -> Refine | None:
    """What turns a draft into better integers, None for effort 0.

    UsageError for an effort outside 0..9, MissingExtra where nothing installed can refine.
    """
    if isinstance(effort, bool) or not isinstance(effort, Integral) or not 0 <= effort <= MAX_EFFORT:
        raise UsageError(
            f"effort {effort!r} is outside 0..{MAX_EFFORT}",
            f"choose one from 0 (fast) to {MAX_EFFORT} (slow)",
        )
    if effort == 0:
        return None
    return partial(_load(), effort=int(effort), progress=progress)


def _load() -> Refiner:
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    if not found:
        raise MissingExtra(f"effort above 0 needs a package with the entry point {GROUP}", _REMEDY)
    try:
        refine: Refiner = found[0].load()
    except ImportError as reason:
        missing = getattr(reason, "name", None) or str(reason)
        raise MissingExtra(f"effort above 0 needs {missing}, which is not installed", _REMEDY) from None
    return refine
