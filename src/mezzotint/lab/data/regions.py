# SPDX-License-Identifier: Apache-2.0
"""Crops to maps of regions without names, for systems that learn with them: what a picture shows, or a plain grid.

A source takes x (B, 3, H, W) in [-1/2, 1/2] and gives int64 (B, h, w), regions numbered from 0. "Efficient Graph-Based
Image Segmentation" (Felzenszwalb and Huttenlocher, IJCV 2004) merges pixels whose colours differ by less than the
regions do inside. It stands in for masks made by people; the trap is its size: on all pixels it would cost more than
the training step that uses it, so it sees means over CELL x CELL.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.errors import MissingExtra
from mezzotint.lab.layers.regions import grid_map

CELL = 4  # pixels
SCALE = 150.0  # of colours in 0..255: the larger, the fewer regions
LEAST = 32  # of a picture's area, regions at most: smaller ones are merged with a neighbour

Source = Callable[[Tensor], Tensor]


def felzenszwalb(x: Tensor) -> Tensor:
    """int64 (B, H / CELL, W / CELL), LEAST regions at most; MissingExtra without scikit-image."""
    try:
        from skimage.segmentation import felzenszwalb as segment
    except ImportError:
        raise MissingExtra(
            "regions of photos need scikit-image", "pip install 'mezzotint[systems]'"
        ) from None
    small = F.avg_pool2d(x.float() + 0.5, CELL).permute(0, 2, 3, 1).cpu().numpy().astype(np.float64)
    least = small[0, ..., 0].size // LEAST
    found = [segment(picture, scale=SCALE, sigma=0.8, min_size=least) for picture in small]
    return torch.from_numpy(np.stack(found)).to(x.device, torch.int64)


def grid(x: Tensor) -> Tensor:
    """int64 (1, 4, 4): the same cells for all pictures."""
    return grid_map().to(x.device)


SOURCES: dict[str, Source] = {"felzenszwalb": felzenszwalb, "grid": grid}


def find(name: str) -> Source:
    """A source by name; ValueError lists the known ones."""
    if name not in SOURCES:
        raise ValueError(f"unknown source of regions '{name}'; known: {', '.join(SOURCES)}")
    return SOURCES[name]
