# SPDX-License-Identifier: Apache-2.0
"""A selective state space scanned over the picture in several directions, whose results are added.

Four directions as in "VMamba: Visual State Space Model" (NeurIPS 2024: SS2D), eight with the diagonals of
HCFSSNet; the state is that of "Transformers are SSMs" (Mamba-2, ICML 2024, section 6), so chunks are matrix products:
h_t = e^(-D_t a) h_{t-1} + D_t B_t x_t and y_t = C_t h_t + s x_t, where step D, input B and output C come from the cell
itself. The trap: one scan reaches the next row only after a whole row of forgetting; hence the other directions.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.scan import gated_attention
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "VMamba",
    "linear-time",
    "VMamba: Visual State Space Model",
    2024,
    "one decay a head, not one a channel and state (Mamba-2's form); no widening, and no norm behind the scan",
)
PATHS = ("rows", "columns", "diagonals", "antidiagonals")


@MIXERS.register("state_space", SOURCE)
class StateSpace(nn.Module):
    """``state_space(directions=4, state=16, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    T = H W cells, e = C / heads channels a head, n = ``state``. 2 directions are along rows, 4 along columns, too, 8
    along both diagonals, too; each path is walked both ways. Reach: the whole picture.
    """

    def __init__(self, channels: int, directions: int = 4, state: int = 16, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        if directions not in (2, 4, 8) or state < 1:
            raise ValueError(f"directions={directions}, state={state}: choose 2, 4 or 8, and 1 or more")
        self.reach, self.aligned = None, 1
        self.directions, self.state, self.heads = directions, state, heads
        self.into = pointwise(channels, channels)
        self.around = depthwise(channels, 3)
        self.select = pointwise(channels, directions * (heads + 2 * state))  # D, B and C of each direction
        rates = torch.linspace(math.log(1), math.log(16), heads)
        self.log_rate = nn.Parameter(rates.repeat(directions, 1)[:, :, None, None])  # log of a
        step = torch.full((directions, heads, 1, 1), math.log(math.expm1(0.05)))
        self.step = nn.Parameter(step)  # before the softplus; about 0.05 at the start
        self.skip = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = F.silu(self.around(self.into(x)))
        selected = self.select(x).flatten(2).unflatten(1, (self.directions, -1))
        order, place = orders(int(h), int(w), self.directions)
        order, place = order.to(x.device), place.to(x.device)
        values = torch.stack([x.flatten(2)[:, :, o] for o in order], 1)  # (B, directions, C, T)
        selected = torch.stack([selected[:, i][:, :, o] for i, o in enumerate(order)], 1)
        steps, inputs, outputs = selected.split([self.heads, self.state, self.state], 2)
        scanned = self.scan(values, steps, inputs, outputs)  # (B, directions, C, T)
        total = sum(scanned[:, i][:, :, p] for i, p in enumerate(place))
        return self.out(total.unflatten(2, (h, w)) + self.skip * x)

    def scan(self, values: Tensor, steps: Tensor, inputs: Tensor, outputs: Tensor) -> Tensor:
        """(B, directions, C | heads | n | n, T), in the order of each path -> (B, directions, C, T)."""
        step = F.softplus(steps.unsqueeze(4) + self.step)  # (B, directions, heads, T, 1)
        log_decay = -step * self.log_rate.exp()
        v = values.unflatten(2, (self.heads, -1)).transpose(3, 4) * step  # (B, directions, heads, T, e)
        q, k = (m.transpose(2, 3).unsqueeze(2).expand(-1, -1, self.heads, -1, -1) for m in (outputs, inputs))
        # (B directions, heads, T, e)
        seen = gated_attention(*(m.flatten(0, 1) for m in (q, k, v, log_decay)))
        return seen.transpose(2, 3).flatten(1, 2).unflatten(0, values.shape[:2])


@lru_cache(maxsize=16)
def orders(height: int, width: int, directions: int) -> tuple[Tensor, Tensor]:
    """(directions, T) cells in the order of each path, one way and back, and where each cell stands in it."""
    cells = [(y, x) for y in range(height) for x in range(width)]
    keys = {
        "rows": lambda c: c,
        "columns": lambda c: (c[1], c[0]),
        "diagonals": lambda c: (c[0] + c[1], c[0]),
        "antidiagonals": lambda c: (c[0] - c[1], c[0]),
    }
    walks = []
    for path in PATHS[: directions // 2]:
        walk = [y * width + x for y, x in sorted(cells, key=keys[path])]
        walks += [walk, walk[::-1]]
    with torch.inference_mode(False):  # what is kept must also serve training
        order = torch.tensor(walks)
        return order, order.argsort(1)
