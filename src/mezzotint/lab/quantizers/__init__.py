# SPDX-License-Identifier: Apache-2.0
"""Quantizers, one a file: a latent -> what the decoder sees of it, and its symbols. Imports layers and registry only.

A quantizer is built from the number of channels and its own options; ``train()`` and ``eval()`` choose the mode. In
evaluation ``dequantise(symbols)`` is ``y_hat`` bit for bit, and a latent that cannot be coded is an error; in training
``y_hat`` carries a gradient to y. A quantizer says what its symbols are: ``planes`` is K, ``alphabet`` the number of
values of each (0 to alphabet - 1), None where any integer may come; ``idempotent``, whether y_hat quantised again
stays what it is. `WholeNumbers` holds what all have in common that round every number by itself.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, to_integers
from mezzotint.lab.registry import Registry

QUANTIZERS = Registry("quantizer")


class Quantized(NamedTuple):
    """y_hat (B, C, H, W) float32; symbols (B, K, H, W) int64, None where training adds noise; a term of the loss."""

    y_hat: Tensor
    symbols: Tensor | None
    loss: Tensor  # scalar, 0 where the quantizer has nothing to learn


class WholeNumbers(nn.Module):
    """One symbol a number, K = C: the nearest integer, in use. What stands for it in training is a quantizer's own."""

    alphabet, idempotent = None, True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = self.planes = channels

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        if self.training:
            return self.train_on(y)
        symbols = to_integers(y)
        return Quantized(self.dequantise(symbols), symbols, y.new_zeros(()))

    def train_on(self, y: Tensor) -> Quantized:
        """(B, C, H, W) float32, perhaps not finite -> what training sees of it."""
        raise NotImplementedError

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, C, H, W) integers -> y_hat."""
        return symbols.float()
