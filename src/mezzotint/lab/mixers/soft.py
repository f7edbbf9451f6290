# SPDX-License-Identifier: Apache-2.0
"""SOFT: attention by a Gaussian kernel instead of softmax, which a few landmarks then approximate in linear time.

"Softmax-free Linear Transformers" (IJCV 2024; first as SOFT, NeurIPS 2021), section 3. Queries are the keys,
so the kernel matrix is symmetric; its low-rank form is A W^-1 A^T, W between landmarks (pooled queries) inverted by
Newton and Raphson's iteration, and normalised on both sides. The trap: alike landmarks make W singular, and rounding
then grows twofold a step; a small ridge keeps the inverse, and its gradient, bounded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.pool import pool_to
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SOFT",
    "linear-time",
    "Softmax-free Linear Transformers",
    2024,
    "an inverse of W plus a small ridge, not a pseudo-inverse; a depthwise convolution tells positions",
)
RIDGE = 0.01
STEPS = 18  # log2 of W's greatest condition (landmarks / RIDGE), and a few to converge


@MIXERS.register("soft", SOURCE)
class Soft(nn.Module):
    """``soft(landmarks=7, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    L = landmarks^2 of them, N = H W positions, d = C / heads. Reach: the whole picture.
    """

    def __init__(self, channels: int, landmarks: int = 7, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("landmarks", landmarks)
        self.reach, self.aligned = None, 1
        self.side, self.heads = landmarks, heads
        self.position = depthwise(channels, 3)
        self.qv = pointwise(channels, 2 * channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.attend(self.qv(self.position(x))))

    @in_float32  # the inverse is iterated: in bf16 it runs away where landmarks are alike
    def attend(self, qv: Tensor) -> Tensor:
        """(B, 2 C, H, W) queries and values -> (B, C, H, W)."""
        q, v = qv.chunk(2, 1)
        landmarks = to_tokens(pool_to(q, self.side, self.side), self.heads)  # (B, heads, L, d)
        out = kernel_attention(to_tokens(q, self.heads), landmarks, to_tokens(v, self.heads))
        return to_map(out, *qv.shape[2:])


def kernel_attention(q: Tensor, landmarks: Tensor, v: Tensor) -> Tensor:
    """(B, heads, N, d), (B, heads, L, d), (B, heads, N, e) -> (B, heads, N, e): D^-1/2 A W^-1 A^T D^-1/2 v."""
    a = gaussian(q, landmarks)  # (B, heads, N, L)
    w = newton_inverse(gaussian(landmarks, landmarks))  # (B, heads, L, L)
    # A row of the true kernel sums to one at least, its own entry; the low-rank one need not.
    rows = (a @ (w @ a.sum(2).unsqueeze(3))).clamp(min=1)  # (B, heads, N, 1)
    scale = torch.rsqrt(rows)
    return scale * (a @ (w @ (a.transpose(2, 3) @ (scale * v))))


def gaussian(a: Tensor, b: Tensor) -> Tensor:
    """(..., N, d) x (..., L, d) -> (..., N, L): exp(-|a - b|^2 / (2 sqrt(d)))."""
    squares = a.square().sum(-1, keepdim=True) + b.square().sum(-1).unsqueeze(-2)
    return torch.exp((a @ b.transpose(-2, -1) - squares / 2).clamp(max=0) * a.shape[-1] ** -0.5)


def newton_inverse(w: Tensor) -> Tensor:
    """(..., L, L) positive semidefinite -> the inverse of it plus a ridge: X <- 2 X - X W X from a multiple of 1."""
    eye = torch.eye(w.shape[-1], device=w.device)
    w = w + RIDGE * eye
    # The largest row sum is no less than the greatest eigenvalue, so the iteration converges.
    x = eye / w.sum(-1, keepdim=True).amax(-2, keepdim=True)
    for _ in range(STEPS):
        x = 2 * x - x @ w @ x
    return x
