# SPDX-License-Identifier: Apache-2.0
"""FTIC's transformer over channel slices: a slice's parameters by attention of its channels to those of earlier slices.

    tokens (slices)     start    slice 0   slice 1 ...        start: from the features of z_hat
                          |  \\      |   \\     |              a token sees itself and those on its left
    parameters of       slice 0  slice 1   slice 2 ...

"Frequency-Aware Transformer for Learned Image Compression" (FTIC, ICLR 2024), its T-CA model. Attention runs between
channels, over all places at once, so its weights follow the picture, where a convolution's are fixed. Every other layer
works on each slice by itself. The trap: a norm over all channels, or one ungrouped product, would let a slice see
itself; and with the tokens moved by one, the last slice is nobody's input.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.coding import Code
from mezzotint.lab.priors.normal import normal
from mezzotint.lab.priors.slices import Slices, pick_slice
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FTIC",
    "prior",
    "Frequency-Aware Transformer for Learned Image Compression",
    2024,
    "the entropy model only; four slices, two blocks and two heads by default; queries and keys of unit length, so "
    "that scores do not grow with the picture; the hyper path is convolutional",
)


@PRIORS.register("ftic_tca", SOURCE)
class FticTca(Slices):
    """``ftic_tca(slices=4, depth=2, heads=2, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    One chunk for z and one a slice. Tokens have 2C / slices channels, a multiple of ``heads``. ``width``, the channels
    of z and of the side path, is C where it is left out.
    """

    def __init__(
        self, channels: int, slices: int = 4, depth: int = 2, heads: int = 2, width: int | None = None
    ) -> None:
        super().__init__(channels, slices, width)
        size = self.size
        if heads < 1 or 2 * size % heads or depth < 1:
            raise ValueError(
                f"depth={depth}, heads={heads}: choose a depth of 1 or more, and heads that divide {2 * size}"
            )
        self.start = nn.Conv2d(2 * channels, 2 * size, 1)
        self.embed = (
            nn.Conv2d(channels - size, 2 * (channels - size), 1, groups=slices - 1) if slices > 1 else None
        )
        self.blocks = nn.Sequential(*(Block(2 * channels, slices, heads) for _ in range(depth)))
        self.parameters_net = nn.Sequential(
            nn.Conv2d(2 * channels, 4 * channels, 1, groups=slices),
            nn.GELU(),
            nn.Conv2d(4 * channels, 3 * channels, 1, groups=slices),
        )

    def predict(self, features: Tensor, known: list[Tensor]) -> list[Tensor]:
        """Features (B, 2C, h, w) and the first slices (B, C / slices, h, w) -> mean, raw scale and shift of each slice,
        (B, 3 C / slices, h, w); those of slice i are right once i slices are known.
        """
        tokens = [self.start(features)]
        if self.embed is not None:
            missing = self.size * (self.slices - 1 - len(known[: self.slices - 1]))
            blank = features.new_zeros(len(features), missing, *features.shape[2:])
            tokens.append(self.embed(torch.cat([*known[: self.slices - 1], blank], 1)))
        return list(self.parameters_net(self.blocks(torch.cat(tokens, 1))).chunk(self.slices, 1))

    def walk(self, code: Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        done: list[Tensor] = []
        for i in range(self.slices):
            mean, raw, shift = self.predict(features, done)[i].chunk(3, 1)
            y_hat = code(pick_slice(i, self.slices), normal(mean, raw, self.training))
            done.append(y_hat + 0.5 * torch.tanh(shift))  # latent residual prediction
        return torch.cat(done, 1)


class Block(nn.Module):
    """Tokens (B, D, h, w) -> the same; D holds ``slices`` tokens of equally many channels."""

    def __init__(self, channels: int, slices: int, heads: int) -> None:
        super().__init__()
        self.position = depthwise(channels, 3, centre=0.0)
        self.norm1, self.norm2 = SliceNorm(channels, slices), SliceNorm(channels, slices)
        self.attention = MaskedChannelAttention(channels, slices, heads)
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 1, groups=slices),
            nn.GELU(),
            nn.Conv2d(2 * channels, channels, 1, groups=slices),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.position(x)
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class SliceNorm(nn.Module):
    """Layer normalisation of each token by itself."""

    def __init__(self, channels: int, slices: int) -> None:
        super().__init__()
        self.slices, self.norm = slices, ChannelNorm(channels // slices)

    def forward(self, x: Tensor) -> Tensor:
        apart = self.norm(x.unflatten(1, (self.slices, -1)).flatten(0, 1))
        return apart.unflatten(0, (-1, self.slices)).flatten(1, 2)


class MaskedChannelAttention(nn.Module):
    """(B, D, h, w) -> the same; a channel attends to those of its own and of earlier tokens, d of each token a head."""

    def __init__(self, channels: int, slices: int, heads: int) -> None:
        super().__init__()
        self.slices, self.heads = slices, heads
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, groups=slices)
        self.temperature = nn.Parameter(torch.full((heads, 1, 1), 2.0))
        self.out = nn.Conv2d(channels, channels, 1, groups=slices)
        token = torch.arange(slices).repeat_interleave(channels // slices // heads)
        later = torch.zeros(len(token), len(token)).masked_fill(token[None] > token[:, None], -torch.inf)
        self.register_buffer("later", later, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        qkv = self.qkv(x).view(b, self.slices, 3, self.heads, -1, h * w)
        q, k, v = qkv.permute(2, 0, 3, 1, 4, 5).flatten(3, 4)  # (B, heads, slices d, N) each
        scores = self.temperature * F.normalize(q, dim=-1, eps=1e-6) @ F.normalize(k, dim=-1, eps=1e-6).mT
        mixed = torch.softmax(scores + self.later, -1) @ v
        mixed = mixed.unflatten(2, (self.slices, -1)).transpose(1, 2)  # (B, slices, heads, d, N)
        return self.out(mixed.reshape(b, -1, h, w))
