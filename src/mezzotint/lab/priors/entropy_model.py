# SPDX-License-Identifier: Apache-2.0
"""What every registered prior is: a walk (see coding.py), and the three ways in which it is led.

A prior's own file says which symbols come after which, and under what density; that is its paper's idea. Here its walk
is led by one that counts, one that writes and one that reads. The trap: training has no fixed tables, as scales lie
between two of them and bits are counted under noise, so only a prior in evaluation can write.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mezzotint.lab.priors.coding import CELL, Code, Coded, Estimate, Reader, Writer


class EntropyModel(nn.Module):
    """Latents (B, C, h, w), C = ``channels``, h and w multiples of 4 <-> bits, chunks of bytes.

    ``given``, in every method: what both sides know beside the chunks; most priors take none. ``writer`` and ``reader``
    lead the walk when chunks are written and read.
    """

    writer: type[Writer] = Writer
    reader: type[Reader] = Reader

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def walk(self, code: Code, *given: Tensor) -> Tensor:
        """The steps in order -> y_hat (B, C, h, w); all that a prior adds beside its layers."""
        raise NotImplementedError

    def forward(self, y: Tensor, *given: Tensor) -> Coded:
        """y (B, C, h, w) -> y_hat and bits, in float32 whatever runs around it."""
        self._check(tuple(y.shape))
        with torch.autocast(y.device.type, enabled=False):
            code = Estimate(y.float(), self.training)
            return Coded(self.walk(code, *given), code.bits)

    @torch.no_grad()
    def compress(self, y: Tensor, *given: Tensor) -> tuple[bytes, ...]:
        """y (1, C, h, w) -> a chunk for every step; ValueError for a batch, in training, and out of range."""
        self._check(tuple(y.shape))
        self._check_single(len(y))
        code = self.writer(y.float())
        self.walk(code, *given)
        return tuple(code.chunks)

    @torch.no_grad()
    def decompress(self, chunks: Sequence[bytes], height: int, width: int, *given: Tensor) -> Tensor:
        """Chunks -> y_hat (1, C, height, width); ValueError for too few or too many, DamagedFile for other symbols'."""
        self._check((1, self.channels, height, width))
        self._check_single(1)
        code = self.reader(chunks, height, width, next(self.parameters()).device)
        y_hat = self.walk(code, *given)
        if code.used != len(chunks):
            raise ValueError(f"{len(chunks)} chunks where {code.used} are read: give one picture's only")
        return y_hat

    def _check(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 4 or shape[1] != self.channels:
            raise ValueError(f"latents shaped {shape}: give (B, {self.channels}, h, w)")
        if min(shape) < 1 or shape[2] % CELL or shape[3] % CELL:
            raise ValueError(f"latents of {shape[2]} x {shape[3]}: pad both sides to multiples of {CELL}")

    def _check_single(self, batch: int) -> None:
        if self.training:
            raise ValueError("a prior in training mode has no fixed tables: call eval() first")
        if batch != 1:
            raise ValueError(f"a batch of {batch} cannot be one stream: compress one y at a time")
