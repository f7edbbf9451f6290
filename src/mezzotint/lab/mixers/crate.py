# SPDX-License-Identifier: Apache-2.0
"""CRATE's subspace self-attention: a gradient step that shortens the code of the tokens, one subspace a head.

"White-Box Transformers via Sparse Rate Reduction" (NeurIPS 2023; JMLR 2024), sections 2.3 (MSSA) and
2.4 (ISTA). A head projects tokens to its subspace, and that one projection is query, key and value. With
``ista`` one proximal step towards a sparse, non-negative code in a learned dictionary follows. The trap: that step
starts from the tokens with what attention adds to them, so it needs that shortcut inside.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "CRATE",
    "white-box",
    "White-Box Transformers via Sparse Rate Reduction: Compression Is All There Is?",
    2024,
    "attention inside windows, unless window=0; the sparse step (ISTA) is an option and off, the block's MLP is in its"
    " place; a depthwise convolution tells positions",
)


@MIXERS.register("crate", SOURCE)
class Crate(nn.Module):
    """``crate(window=16, heads=4, ista=False, step=0.1, sparsity=0.1)``: (B, C, H, W) -> (B, C, H, W).

    ``window=0`` attends over the whole picture, as in the paper, at a cost quadratic in it. ``step`` and ``sparsity``
    are the paper's eta and lambda. Reach window (window - 1, and 1 of the convolution), windows of ``window``.
    """

    def __init__(
        self,
        channels: int,
        window: int = 16,
        heads: int = 4,
        ista: bool = False,
        step: float = 0.1,
        sparsity: float = 0.1,
    ) -> None:
        super().__init__()
        check_heads(channels, heads)
        if window < 0 or step <= 0 or sparsity < 0:
            raise ValueError(
                f"window={window}, step={step}, sparsity={sparsity}: choose none below zero, step above"
            )
        self.reach, self.aligned = (window, window) if window else (None, 1)
        self.position = depthwise(channels, 3)
        self.attention = SubspaceAttention(channels, window, heads)
        self.ista = SparseStep(channels, step, sparsity) if ista else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.position(x)
        return self.attention(x) if self.ista is None else self.ista(x + self.attention(x))


class SubspaceAttention(nn.Module):
    """MSSA: (B, C, H, W) -> the same; ``subspaces`` are the rows of all U^T, C / heads a head."""

    def __init__(self, channels: int, window: int, heads: int) -> None:
        super().__init__()
        self.window, self.heads = window, heads
        self.subspaces = pointwise(channels, channels, bias=False)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        u = self.subspaces(x)  # (B, C, H, W)
        windows = Windows(self.window or u.shape[2], self.window or u.shape[3])
        return self.out(attend_in_windows(u, u, u, self.heads, windows, u.new_zeros(1)))


class SparseStep(nn.Module):
    """ISTA: (B, C, H, W) -> the same, non-negative: relu(x + step D^T (x - D x) - step * sparsity)."""

    def __init__(self, channels: int, step: float, sparsity: float) -> None:
        super().__init__()
        self.step, self.sparsity = step, sparsity
        self.dictionary = nn.Parameter(nn.init.orthogonal_(torch.empty(channels, channels)))

    def forward(self, x: Tensor) -> Tensor:
        missing = x - nn.functional.conv2d(x, self.dictionary[:, :, None, None])
        back = nn.functional.conv2d(missing, self.dictionary.T[:, :, None, None])
        return torch.relu(x + self.step * (back - self.sparsity))
