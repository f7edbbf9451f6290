# SPDX-License-Identifier: Apache-2.0
"""Quantizers, one a file: a latent -> what the decoder sees of it, and its symbols. Imports layers and registry only.

A quantizer is built from the number of channels and its own options; ``train()`` and ``eval()`` choose the mode. In
evaluation ``dequantise(symbols)`` is ``y_hat`` bit for bit, and a latent that cannot be coded is an error; in training
``y_hat`` carries a gradient to y. A quantizer says what its symbols are: ``planes`` is K, ``alphabet`` the number of
values of each (0 to alphabet - 1), None where any integer may come; ``idempotent``, whether y_hat quantised again
stays what it is.
"""

from typing import NamedTuple

from torch import Tensor

from mezzotint.lab.registry import Registry

QUANTIZERS = Registry("quantizer")


class Quantized(NamedTuple):
    """y_hat (B, C, H, W) float32; symbols (B, K, H, W) int64, None where training adds noise; a term of the loss."""

    y_hat: Tensor
    symbols: Tensor | None
    loss: Tensor  # scalar, 0 where the quantizer has nothing to learn
