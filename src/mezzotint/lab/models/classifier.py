# SPDX-License-Identifier: Apache-2.0
"""Small classifiers of different kinds, for what a machine still reads in coded pictures and in latents.

    x --- convolutions to 1/8 --- features --- convolutions to 1/16 --- mean over places --- logits   (ConvClassifier)
    x --- convolutions to 1/8, places --- attention blocks --- mean over tokens --- logits           (TokenClassifier)
    numbers of each cell --- product --- convolutions --- mean over cells --- logits                 (CellClassifier)

The first is cut in two, `early` and `late`, so that a bottleneck can stand in for its beginning. The second judges
codecs that were trained against the first: what only pleases one network does not count. The third learns from any
numbers in cells, be they latents or pixels. The traps: the textures that they tell apart are small beside the
brightness of what they lie on, and without batch norm nothing was learned in 400 steps (a norm over channels or
groups keeps the brightness); and batch norm makes ``eval()`` another function.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import SelfAttention

FEATURES = 64  # channels at 1/8
EMBEDDING = 96  # what the last layer reads
LAYERS = 5  # of `ConvClassifier`, three of them early
TOKEN = 128


def normed(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """(B, inputs, H, W) -> (B, outputs, ceil(H / stride), ceil(W / stride)): convolution and batch norm."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """(B, C, H, W) -> the same: two 3x3 convolutions beside a shortcut (He et al., CVPR 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(normed(channels, channels), nn.ReLU(), normed(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


def down(inputs: int, outputs: int, kernel: int = 3, stride: int = 2) -> nn.Sequential:
    return nn.Sequential(normed(inputs, outputs, kernel, stride), nn.ReLU())


class ConvClassifier(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], of any size -> logits (B, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.early = nn.Sequential(down(3, 16), down(16, 32), down(32, FEATURES))
        self.late = nn.ModuleList(
            [Residual(FEATURES), nn.Sequential(down(FEATURES, EMBEDDING), Residual(EMBEDDING))]
        )
        self.head = nn.Linear(EMBEDDING, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.judge(self.stages(self.early(x)))

    def embed(self, x: Tensor) -> Tensor:
        """What the last layer reads, (B, EMBEDDING)."""
        return self.stages(self.early(x))[-1].mean((2, 3))

    def layers(self, x: Tensor, depth: int) -> list[Tensor]:
        """What the first ``depth`` of the LAYERS make of x, each of what came before it."""
        found = [x]
        for layer in [*self.early, *self.late][:depth]:
            found.append(layer(found[-1]))
        return found[1:]

    def stages(self, features: Tensor) -> list[Tensor]:
        """Features (B, FEATURES, H/8, W/8) -> they and what each later stage makes of them."""
        found = [features]
        for stage in self.late:
            found.append(stage(found[-1]))
        return found

    def judge(self, stages: list[Tensor]) -> Tensor:
        """Logits from the last of the stages."""
        logits: Tensor = self.head(stages[-1].mean((2, 3)))
        return logits


class Attentive(nn.Module):
    """Tokens (B, N, C) -> the same: attention and an MLP, each behind a norm and beside a shortcut."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = SelfAttention(channels, heads)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.first(x))
        return x + self.mlp(self.second(x))


class TokenClassifier(nn.Module):
    """x (B, 3, side, side) in [-1/2, 1/2] -> logits (B, classes).

    "An Image Is Worth 16x16 Words" (ICLR 2021), with two convolutions in place of the linear patches: from patches it
    learns too slowly for a small set. It knows its places by heart, so it takes pictures of one size.
    """

    def __init__(self, classes: int, side: int = 64, depth: int = 2) -> None:
        super().__init__()
        self.side = side
        self.stem = nn.Sequential(down(3, 48, 7, 4), down(48, TOKEN))
        self.places = nn.Parameter(0.02 * torch.randn(1, (side // 8) ** 2, TOKEN))
        self.layers = nn.Sequential(*(Attentive(TOKEN, 4) for _ in range(depth)))
        self.norm = nn.LayerNorm(TOKEN)
        self.head = nn.Linear(TOKEN, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.embed(x))
        return logits

    def embed(self, x: Tensor) -> Tensor:
        """What the last layer reads, (B, TOKEN); ValueError for another size."""
        if tuple(x.shape[2:]) != (self.side, self.side):
            raise ValueError(f"a picture of {tuple(x.shape[2:])}: give one of {self.side} pixels a side")
        tokens = self.stem(x).flatten(2).transpose(1, 2) + self.places  # (B, N, C)
        pooled: Tensor = self.norm(self.layers(tokens)).mean(1)
        return pooled


class CellClassifier(nn.Module):
    """Cells (B, numbers, h, w), of latents or of blocks of pixels -> logits (B, classes)."""

    def __init__(self, numbers: int, classes: int, width: int = 128) -> None:
        super().__init__()
        self.body = nn.Sequential(down(numbers, width, 1, 1), Residual(width), Residual(width))
        self.head = nn.Linear(width, classes)

    def forward(self, cells: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(cells).mean((2, 3)))
        return logits
