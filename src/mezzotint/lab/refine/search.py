# SPDX-License-Identifier: Apache-2.0
"""Refining by proximal gradient steps on the integers themselves.

    symbols --dequantise--> y_hat --synthesis, torch--> squared error, gradient g
       ^                                                                       |
       +-- quantise with the bits' price <-- target = y_hat - g / curvature ---+

One step goes down the gradient of the error and then lets the bundle's own encoder round: weighing the price in bits
against the error of rounding is the proximal operator of the rate. So every point on the way is a file, its cost is
known exactly, and the cheapest one seen is kept: never a worse one than the draft. Forward-backward splitting on
a discrete set is iterative hard thresholding (Blumensath and Davies, 2008); refining the latents of one image goes back
to Campos et al. (CVPR Workshops 2019) and Yang, Bamler and Mandt (NeurIPS 2020), whose annealed Gumbel noise needed
twenty times the steps here (docs/effort.md).

The curvature is that of an orthonormal synthesis, which our models start from, times a share that rises to 1: long
steps leave the nearest local minimum, later ones settle. (A curvature measured for each channel was worse; a model
whose y has other units gains nothing.) z stays: hyper analysis of refined latents gave worse files. No random number is
drawn.

Trap: means depend on decoded neighbours, so symbols may not be changed one by one; `quantise` walks them in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from mezzotint.errors import NonFinite
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.refine.bits import symbol_bits
from mezzotint.lab.refine.distortion import PLANES, Distortion
from mezzotint.runtime.effort import Draft, Progress
from mezzotint.runtime.encode import quantise_symbols
from mezzotint.runtime.latents import NEVER, TileLatents, dequantise_tile, vector, y_part
from mezzotint.runtime.scales import Scales

WORTH = "worth"  # the vector of what errors are worth
OF_OLDER_MODELS = 0.35  # the share of those without it
STEPS = (0, 3, 4, 6, 9, 13, 20, 30, 60, 120)  # by effort
FIRST_SHARE = 0.6  # of the curvature, in the first step; 0.5 to 0.8 do nearly as well
_CURVATURE = (
    2 * 255**2
)  # second derivative of the squared error in 1/255 by one y of an orthonormal synthesis


def refine(draft: Draft, effort: int, progress: Progress | None = None) -> tuple[TileLatents, ...]:
    """The cheapest latents found in STEPS[effort] steps; those of the draft if none are cheaper.

    Deterministic for a machine and a number of threads. MezzotintError if the bundle's synthesis has an operator that
    cannot be run in torch, NonFinite if it gives infinities.
    """
    with _threads(draft.model.threads):
        search = _Search(draft)
        count = STEPS[effort]
        for step in range(count):
            search.step(FIRST_SHARE ** (1 - step / (count - 1)))
            if progress is not None:
                progress(step + 1, count)
        search.look()
    return search.best


class _Search:
    """Where the search stands, and the best of where it has been."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._distortion = Distortion(draft)
        self._weight = (
            float(lambda_of(torch.tensor(float(draft.quality)))) / PLANES
        )  # bits a squared step of 255
        self._restraint = _restraint(draft, self._weight)
        self._y_hat = np.empty((1, draft.model.card.latent_channels, *_cells(draft)), np.float32)
        self.latents = self.best = draft.latents
        self.cost = np.inf  # of the best, in bits; z left out

    def step(self, share: float) -> None:
        gradient = self.look()
        target = self._y_hat - gradient / np.float32(_CURVATURE * share)
        self.latents = tuple(
            self._rounded(tile, target[y_part(place)], share)
            for place, tile in zip(self._draft.grid, self.latents, strict=True)
        )

    def look(self) -> np.ndarray:
        """Count the cost of the present latents, keep them if they are the best; the gradient of their error."""
        model = self._draft.model
        for place, tile in zip(self._draft.grid, self.latents, strict=True):
            self._y_hat[y_part(place)] = dequantise_tile(tile, self._draft.quality, model)
        error, gradient = self._distortion(self._y_hat)
        if not np.isfinite(error) or not np.isfinite(gradient).all():
            raise NonFinite("the network 'synthesis' gave values or gradients that are not finite")
        cost = self._weight * error + sum(symbol_bits(tile, model.bundle) for tile in self.latents)
        if cost < self.cost:
            self.best, self.cost = self.latents, cost
        return gradient

    def _rounded(self, tile: TileLatents, target: np.ndarray, share: float) -> TileLatents:
        """The proximal operator. Export holds the encoder back to a share of the theory; here it holds wholly."""
        model = self._draft.model
        price = model.prices[tile.indices]
        price = np.where(price < NEVER, price / (self._restraint * np.float32(share)), price)
        symbols = quantise_symbols(target, tile.z_hat, price, self._draft.quality, model)
        indices = Scales(model.bundle, tile.z_hat, self._draft.quality).settle(symbols)
        return TileLatents(tile.z_hat, indices, symbols)


def _restraint(draft: Draft, weight: float) -> np.ndarray:
    """(M, 1, 1) or (): the share of the margin that the encoder of this bundle uses, as its vector says."""
    if f"q_{WORTH}" not in draft.model.session("quantise").inputs:
        return np.float32(OF_OLDER_MODELS)
    worth = vector(draft.model.bundle, WORTH, draft.quality)[0]  # (M, 1, 1)
    return np.float32(weight * 255**2) / worth


def _cells(draft: Draft) -> tuple[int, int]:
    """Rows and columns of y of the whole padded picture."""
    ends = [place.scaled(4) for place in draft.grid]
    return max(e.top + e.height for e in ends), max(e.left + e.width for e in ends)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """torch with so many threads and with gradients, and as it was afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(before)
