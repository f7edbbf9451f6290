# SPDX-License-Identifier: Apache-2.0
"""The transformers of a variational tokenizer: cells of a window into half as many tokens near a Gaussian, and back.

    [cells | queries] --- blocks --- mean, variance of 32 tokens          [tokens | queries] --- blocks --- 64 cells
         \\                          /                                         \\                         /
          pairs of cells --- linear +                                           linear ----------------- +

"3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation" (2024): queries stand
in one sequence with what they ask. The linear path, on the principal axes of pairs, is ours, and does what the
transformer would need a long training for. The trap: the axes are those of the cells that `begin` was shown.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.transformer import TransformerBlock

SIDE = 8  # cells of 16 pixels a side of a window
CELLS, TOKENS = SIDE * SIDE, SIDE * SIDE // 2
VARIANCE = -4.0  # logarithm of the tokens' at the start


class InContext(nn.Module):
    """Tokens (B, N, inputs) -> (B, outputs, width): they and ``outputs`` learned queries attend to each other.

    The queries leave, each as ``width`` numbers by a linear layer, zero at first.
    """

    def __init__(self, tokens: int, inputs: int, outputs: int, width: int, channels: int, depth: int) -> None:
        super().__init__()
        self.stem = nn.Linear(inputs, channels)
        self.places = nn.Parameter(0.1 * torch.randn(tokens, channels))
        self.queries = nn.Parameter(0.1 * torch.randn(outputs, channels))
        self.blocks = nn.ModuleList(TransformerBlock(channels, 4, 2 * channels) for _ in range(depth))
        self.head = nn.Linear(channels, width)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        queries = self.queries.expand(len(tokens), -1, -1)
        x = torch.cat([self.stem(tokens) + self.places, queries], 1)
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, -len(self.queries) :])


class VariationalTokenizer(nn.Module):
    """Cells (B, 64, M) of windows in Z-order <-> mean and logarithm of variance, (B, 32, d) each."""

    def __init__(self, spread: Tensor, width: int, channels: int, depth: int) -> None:
        super().__init__()
        cells = len(spread)
        self.register_buffer("spread", spread.clone())
        self.register_buffer("size", torch.ones(()))
        self.shortcut_in = nn.Linear(2 * cells, width, bias=False)
        self.shortcut_out = nn.Linear(width, 2 * cells, bias=False)
        nn.init.orthogonal_(self.shortcut_in.weight)
        self.shortcut_out.weight.data = self.shortcut_in.weight.data.T.clone()
        self.squeeze = InContext(CELLS, cells, TOKENS, 2 * width, channels, depth)
        self.expand = InContext(TOKENS, width, CELLS, cells, channels, depth)

    @in_float32
    def tokens(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        added, variance = self.squeeze(cells / self.spread).chunk(2, 2)
        straight = self.shortcut_in(cells.reshape(len(cells), TOKENS, -1)) / self.size
        return straight + added, VARIANCE + variance

    @in_float32
    def cells(self, tokens: Tensor) -> Tensor:
        """z_hat (B, 32, d) -> (B, 64, M)."""
        straight = self.shortcut_out(tokens * self.size).reshape(len(tokens), CELLS, -1)
        return straight + self.expand(tokens) * self.spread

    @torch.no_grad()
    def begin(self, cells: Tensor) -> None:
        """The linear path on the principal axes of these cells; z has a mean square of one."""
        pairs = cells.reshape(-1, 2 * cells.shape[2]).double()
        values, axes = torch.linalg.eigh(pairs.T @ pairs / len(pairs))
        width = len(self.shortcut_in.weight)
        strongest = axes[:, -width:].flip(1).float()  # (2M, d)
        self.shortcut_in.weight.copy_(strongest.T)
        self.shortcut_out.weight.copy_(strongest)
        self.size.copy_(values[-width:].mean().sqrt())
