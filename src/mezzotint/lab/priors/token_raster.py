# SPDX-License-Identifier: Apache-2.0
"""Autoregressive prior of tokens: a causal transformer in raster order predicts the table of each from those before.

    token above, token before --- their codes' vectors --- + place --- causal blocks --- logits --- table --- coder
                                                                                           |
                                                                       log of how often each code comes

"Vector-quantized Image Modeling with Improved VQGAN" (ICLR 2022), section 4. Its pictures have one size; here a window
of 16 x 16 tokens is such a picture, in which raster order begins anew. Ours beside the paper: codes enter and leave as
their vectors, not as embeddings of their own, the token above enters beside the one before, and logits add to those of
a histogram, so that two hundred steps suffice. The trap: files are coded and decoded token by token by the same calls;
the quicker pass over whole windows counts the same bits but for its last digits, so it only trains and estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.lab.layers.token_windows import Windows, windows
from mezzotint.lab.layers.transformer import Kept, TransformerBlock, causal
from mezzotint.lab.priors.serial import SerialReader
from mezzotint.lab.priors.token_tables import PART, TOKEN_PRIORS, Counts, frequencies, table_set
from mezzotint.lab.registry import Source

SOURCE = Source(
    "ViT-VQGAN",
    "token prior",
    "Vector-quantized Image Modeling with Improved VQGAN",
    2022,
    "two narrow blocks; windows of 16 x 16 tokens; no classes to condition on",
)
SIDE = 16  # most tokens a side of a window: that of a crop of 256 pixels at 1/16
AT_ONCE = PART // SIDE**2  # windows of a chunk


@TOKEN_PRIORS.register("raster", SOURCE)
class Raster(nn.Module):
    """``raster(channels=128, depth=2, heads=4)``: see token_tables.py; a chunk for each 32 windows."""

    def __init__(self, codes: int, width: int, channels: int = 128, depth: int = 2, heads: int = 4) -> None:
        super().__init__()
        if codes < 2 or depth < 1:
            raise ValueError(f"codes={codes}, depth={depth}: choose at least 2 codes and 1 block")
        self.codes = codes
        self.counts = Counts(codes)
        self.before, self.above = (nn.Linear(width, channels, bias=False) for _ in range(2))
        self.rows, self.columns = (nn.Parameter(0.1 * torch.randn(SIDE, channels)) for _ in range(2))
        self.blocks = nn.ModuleList(TransformerBlock(channels, heads, 2 * channels) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(channels), nn.Linear(channels, width, bias=False)
        nn.init.zeros_(self.head.weight)

    def forward(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        if self.training:
            self.counts.follow(tokens)
        with torch.autocast(tokens.device.type, enabled=False):
            return self.bits(tokens, vectors).flatten(1).sum(1)

    def bits(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """(B, h, w) -> bits of each, by the pass over whole windows."""
        cut = windows(*tokens.shape[1:], SIDE)
        parts = _parts(tokens, cut)
        x = self.entered(parts, vectors, cut) + self.places(cut)
        mask = causal(parts.shape[1]).to(x)
        for block in self.blocks:
            x = block(x, mask)
        nats = F.cross_entropy(self.logits(x, vectors).transpose(1, 2), parts, reduction="none")
        return cut.join(nats.view(-1, 1, cut.rows, cut.columns))[:, 0] / np.log(2)

    def entered(self, parts: Tensor, vectors: Tensor, cut: Windows) -> Tensor:
        """(B, N) tokens of windows -> (B, N, C): what each place is told of the token before it and that above."""
        codes = vectors[parts]  # (B, N, d)
        before = F.pad(codes, (0, 0, 1, 0))[:, :-1]
        above = F.pad(codes, (0, 0, cut.columns, 0))[:, : -cut.columns]
        return self.before(before) + self.above(above)

    def places(self, cut: Windows) -> Tensor:
        """(N, C)."""
        return (self.rows[: cut.rows, None] + self.columns[None, : cut.columns]).flatten(0, 1)

    def logits(self, x: Tensor, vectors: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, codes)."""
        return self.head(self.norm(x)) @ vectors.T + self.counts.shares().log()

    @torch.no_grad()
    def compress(self, tokens: Tensor, vectors: Tensor) -> tuple[bytes, ...]:
        cut = windows(*tokens.shape, SIDE)
        parts = _parts(tokens[None], cut)
        return tuple(self._write(part, vectors, cut, first) for first, part in _batches(parts, cut))

    @torch.no_grad()
    def decompress(self, chunks: Sequence[bytes], height: int, width: int, vectors: Tensor) -> Tensor:
        cut = windows(height, width, SIDE)
        if len(chunks) != -(-cut.count // AT_ONCE):
            raise DamagedFile(f"{len(chunks)} chunks of tokens do not make {cut.count} windows")
        parts = torch.zeros(cut.count, cut.rows * cut.columns, dtype=torch.long)
        for chunk, (first, part) in zip(chunks, _batches(parts, cut), strict=True):
            self._read(chunk, part, vectors, cut, first)
        return cut.join(parts.view(-1, 1, cut.rows, cut.columns))[0, 0]

    def _write(self, part: Tensor, vectors: Tensor, cut: Windows, first: int) -> bytes:
        tables: list[NDArray[np.uint32]] = []
        values: list[NDArray[np.int32]] = []

        def note(place: int, inside: Tensor, rows: NDArray[np.uint32]) -> None:
            tables.append(rows)
            values.append(part[inside, place].numpy().astype(np.int32))

        self._walk(part, vectors, cut, first, note)
        flat = np.concatenate(values)
        return entropy.encode(flat, np.arange(flat.size, dtype=np.uint16), table_set(np.concatenate(tables)))

    def _read(self, chunk: bytes, part: Tensor, vectors: Tensor, cut: Windows, first: int) -> None:
        reader = SerialReader(chunk)

        def fill(place: int, inside: Tensor, rows: NDArray[np.uint32]) -> None:
            part[inside, place] = torch.from_numpy(reader.take(rows)).long()

        self._walk(part, vectors, cut, first, fill)
        reader.finish()

    def _walk(
        self,
        part: Tensor,
        vectors: Tensor,
        cut: Windows,
        first: int,
        at: Callable[[int, Tensor, NDArray[np.uint32]], None],
    ) -> None:
        """Places of windows (n, N) in raster order, number ``first`` and on of their map.

        ``at(place, inside, tables)`` gets the windows whose place lies in the map, and a table for each; when it
        returns, ``part`` holds their tokens. Places outside keep zeros as tokens on both sides.
        """
        outside = _outside(cut)[first : first + len(part)]  # (n, N)
        heads = self.blocks[0].attention.heads
        width = self.rows.shape[1] // heads
        kept = [Kept(len(part), heads, part.shape[1], width) for _ in self.blocks]
        places = self.places(cut)
        for place in range(part.shape[1]):
            x = self._told(part, vectors, cut, place) + places[place]
            for block, memory in zip(self.blocks, kept, strict=True):
                x = block.step(x, place, memory)
            inside = (~outside[:, place]).nonzero()[:, 0]
            mass = self.logits(x, vectors)[inside, 0].double().softmax(1).numpy()
            if len(inside):
                at(place, inside, frequencies(mass))

    def _told(self, part: Tensor, vectors: Tensor, cut: Windows, place: int) -> Tensor:
        """`entered` at one place: (n, 1, C)."""
        none = vectors.new_zeros(len(part), vectors.shape[1])
        before = vectors[part[:, place - 1]] if place else none
        above = vectors[part[:, place - cut.columns]] if place >= cut.columns else none
        return (self.before(before) + self.above(above))[:, None]


def _batches(parts: Tensor, cut: Windows) -> list[tuple[int, Tensor]]:
    """Windows (count, N) by AT_ONCE, each with the number of its first."""
    return [(first, parts[first : first + AT_ONCE]) for first in range(0, cut.count, AT_ONCE)]


def _parts(tokens: Tensor, cut: Windows) -> Tensor:
    """(B, h, w) -> (B * count, N), zero outside the map."""
    parts = cut.cut(tokens[:, None].float()).long().flatten(1)  # whole numbers up to 2^24 are floats, too
    return parts.masked_fill(_outside(cut).repeat(len(tokens), 1), 0)


def _outside(cut: Windows) -> Tensor:
    """(count, N), whether a place of a window lies beyond the map."""
    rows, columns = torch.arange(cut.down * cut.rows), torch.arange(cut.across * cut.columns)
    beyond = (rows >= cut.height)[:, None] | (columns >= cut.width)[None]
    cells = beyond.view(cut.down, cut.rows, cut.across, cut.columns)
    return cells.transpose(1, 2).reshape(cut.count, -1)
