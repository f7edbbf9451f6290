# SPDX-License-Identifier: Apache-2.0
"""DLGSANet: every cell computes its own small kernels, one a head; then channels attend to each other through a ReLU.

"DLGSANet: Lightweight Dynamic Local and Global Self-Attention Networks for Image Super-Resolution" (ICCV 2023),
sections 3.1 (MHDLSA) and 3.2 (SparseGSA). The kernels come from a squeeze, a depthwise convolution and an expansion and
are not normalised. In the channel attention ReLU stands where softmax was, so that unlike channels do not mix at
all. The trap: without a softmax nothing bounds a row, so queries and keys are scaled to length one, with a floor under
the root.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import check_odd, depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DLGSANet",
    "global",
    "DLGSANet: Lightweight Dynamic Local and Global Self-Attention Networks for Image Super-Resolution",
    2023,
    "both halves in one mixer, without the MLPs between them and the hybrid residual groups round them",
)


@MIXERS.register("dlgsanet", SOURCE)
class DLGSANet(nn.Module):
    """``dlgsanet(kernel=5, heads=8)``: (B, C, H, W) -> (B, C, H, W).

    K = kernel^2 taps, N = H W positions, d = C / heads. Both halves have a shortcut; that round the first one is
    inside, that round both is the block's. Reach: the whole picture, by the channel scores; kernels see
    kernel // 2 + 1.
    """

    def __init__(self, channels: int, kernel: int = 5, heads: int = 8) -> None:
        super().__init__()
        self.reach, self.aligned = None, 1
        self.local = DynamicLocal(channels, kernel, heads)
        self.shared = SparseGlobal(channels, heads)

    def forward(self, x: Tensor) -> Tensor:
        local = self.local(x)
        return local + self.shared(x + local)


class DynamicLocal(nn.Module):
    """(B, C, H, W) -> the same; a kernel a cell and head, computed from the cell's surroundings (MHDLSA)."""

    def __init__(self, channels: int, kernel: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_odd(kernel)
        self.kernel, self.heads = kernel, heads
        narrow = max(1, channels // 4)
        self.value = pointwise(channels, channels)
        self.squeeze = pointwise(channels, narrow)
        self.around = depthwise(narrow, 3)
        self.expand = pointwise(narrow, heads * kernel**2)
        self.expand.weight.data /= kernel  # a sum of K products keeps its size
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.expand(F.relu(self.around(self.squeeze(x))))  # (B, heads K, H, W)
        return self.out(self.apply_kernels(self.value(x), kernels))

    def apply_kernels(self, v: Tensor, kernels: Tensor) -> Tensor:
        """(B, C, H, W) and (B, heads K, H, W) -> (B, C, H, W), taps in raster order, zeros beyond the border."""
        h, w = v.shape[2:]
        side = self.kernel // 2
        v = F.pad(v, (side, side, side, side)).unflatten(1, (self.heads, -1))  # (B, heads, d, H + 2s, W + 2s)
        kernels = kernels.unflatten(1, (self.heads, self.kernel**2)).unsqueeze(3)  # (B, heads, K, 1, H, W)
        out = torch.zeros(1, device=v.device)
        for tap in range(self.kernel**2):  # shifts, not copies: memory stays that of the map
            row, column = divmod(tap, self.kernel)
            out = out + kernels[:, :, tap] * v[:, :, :, row : row + h, column : column + w]
        return out.flatten(1, 2)


class SparseGlobal(nn.Module):
    """(B, C, H, W) -> the same; a head's channels mix by the positive part of their correlations (SparseGSA)."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = pointwise(channels, 3 * channels)
        self.around = depthwise(3 * channels, 3)
        self.temperature = nn.Parameter(torch.ones(1, heads, 1, 1))
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.around(self.qkv(x)).flatten(2).chunk(3, 1)
        q, k, v = (part.unflatten(1, (self.heads, -1)) for part in parts)  # (B, heads, d, N)
        return self.out((self.weights(q, k) @ v).flatten(1, 2).unflatten(2, x.shape[2:]))

    def weights(self, q: Tensor, k: Tensor) -> Tensor:
        """(B, heads, d, N) x (B, heads, d, N) -> (B, heads, d, d), none below zero, many at zero."""
        q, k = (m * torch.rsqrt(m.square().sum(-1, keepdim=True) + 1e-6) for m in (q, k))
        return F.relu(q @ k.transpose(2, 3) * self.temperature)
