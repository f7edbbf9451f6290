# SPDX-License-Identifier: Apache-2.0
"""Squared error of the decoded picture, and its gradient with respect to y_hat.

The synthesis runs window by window, as in the decoder; windows overlap by its receptive field and each counts the error
of its own core, so that the gradients of all windows add up to that of the whole picture, in bounded memory. Only true
pixels count: what the padding decodes to is free.

Trap: pixels are floored to bytes as the decoder does, with the gradient of the unfloored ones (straight-through).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.refine.graph import Graph
from mezzotint.runtime import deadline, tiles
from mezzotint.runtime.effort import Draft
from mezzotint.runtime.latents import vector, y_part
from mezzotint.runtime.tiles import BLOCK, Y_CELLS, Window

WINDOW_PIXELS = 1 << 20  # of a window with its halo; autograd holds about 0.9 kB for each
PLANES = 3


class Distortion:
    """y_hat (1, M, h, w) float32 -> (squared error on three planes of 0..255, its gradient shaped as y_hat)."""

    def __init__(self, draft: Draft, window_pixels: int = WINDOW_PIXELS) -> None:
        self._target = torch.from_numpy(np.array(draft.colour)).float()  # (H, W, 3) or (H, W)
        height, width = self._target.shape[:2]
        halo = -(-draft.model.card.synthesis_halo // Y_CELLS)  # blocks
        self._windows = tiles.windows(tiles.blocks(height), tiles.blocks(width), halo, window_pixels)
        graph = Graph.load(draft.model.bundle.graph("synthesis"), "synthesis")
        names = [name for name in draft.model.session("synthesis").inputs if name.startswith("q_")]
        self._graph = graph.bind(
            {n: torch.tensor(vector(draft.model.bundle, n.removeprefix("q_"), draft.quality)) for n in names}
        )

    def __call__(self, y_hat: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(y_hat)
        for window in self._windows:
            deadline.check()
            place = y_part(window.reach)
            part = torch.from_numpy(np.ascontiguousarray(y_hat[place])).requires_grad_()
            error = self._error(self._decoded(part), window)
            (found,) = torch.autograd.grad(error, part)
            gradient[place] += found.numpy()
            total += float(error.detach())
        return total, gradient

    def _decoded(self, y_hat: Tensor) -> Tensor:
        """(H, W, 3) whole numbers."""
        real = self._graph.run({"y_hat": y_hat}, {"Round": lambda x: straight_through(x, x.round())})[0]
        return straight_through(real, real.floor())

    def _error(self, pixels: Tensor, window: Window) -> Tensor:
        core, inner = window.core.scaled(BLOCK), window.core.inside(window.reach).scaled(BLOCK)
        target = self._target[core.rows, core.columns]  # cut at the true border
        pixels = pixels[inner.rows, inner.columns][: target.shape[0], : target.shape[1]]
        if target.ndim == 3:
            return (pixels - target).square().sum(dtype=torch.float64)
        mean = (pixels.sum(2) + 1) / PLANES  # a grey picture is the mean of its planes
        return PLANES * (straight_through(mean, mean.floor()) - target).square().sum(dtype=torch.float64)
