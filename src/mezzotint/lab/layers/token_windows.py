# SPDX-License-Identifier: Apache-2.0
"""A map of tokens cut into as few equal windows as a transformer of fixed reach needs, and joined again.

Tokenisers are trained and measured on pictures of one small size. Here such a picture is a window of at most ``most``
tokens a side: maps of other sizes become several, of equal sides, so that none is a sliver. The trap: equal sides may
overshoot the map by a few tokens; these repeat the border, are computed and are cut off again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Windows:
    """How a map of ``height`` x ``width`` tokens is cut: ``down`` x ``across`` windows of ``rows`` x ``columns``."""

    height: int
    width: int
    down: int
    across: int
    rows: int
    columns: int

    @property
    def count(self) -> int:
        return self.down * self.across

    def cut(self, x: Tensor) -> Tensor:
        """(B, C, height, width) -> (B * count, C, rows, columns), the windows of a map in raster order."""
        pad = (0, self.across * self.columns - self.width, 0, self.down * self.rows - self.height)
        x = F.pad(x, pad, mode="replicate") if any(pad) else x
        x = x.unflatten(3, (self.across, self.columns)).unflatten(2, (self.down, self.rows))
        return x.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)

    def join(self, x: Tensor) -> Tensor:
        """The inverse of `cut`."""
        x = x.unflatten(0, (-1, self.down, self.across)).permute(0, 3, 1, 4, 2, 5)
        return x.flatten(4, 5).flatten(2, 3)[:, :, : self.height, : self.width]


def windows(height: int, width: int, most: int) -> Windows:
    """Of at most ``most`` tokens a side, as few as do."""
    down, across = -(-height // most), -(-width // most)
    return Windows(height, width, down, across, -(-height // down), -(-width // across))
