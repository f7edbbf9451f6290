# SPDX-License-Identifier: Apache-2.0
"""Soft rounding: noise between two smooth maps that turn from the identity into rounding while training goes on.

"Universally Quantized Neural Compression" (NeurIPS 2020), section 4. y is rounded softly, noise is added, and the
decoder sees the mean of y given that sum; at sharpness 0 this is plain noise, at a high one rounding without any. The
trap: the variance of the gradients grows with the sharpness (the steepest slope is about 750 at 8 and two million at
16), so where to stop is a choice of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mezzotint.lab.quantizers import QUANTIZERS, Quantized, WholeNumbers
from mezzotint.lab.registry import Source

SOURCE = Source(
    "UniversalQuantization",
    "scalar",
    "Universally Quantized Neural Compression",
    2020,
    "plain rounding in use, no shared dither; gradients are sampled, not integrated over the noise",
)
# Below these bounds float32 sees the identity; above them tanh(sharpness / 2) is 1, and its inverse infinite.
BOUNDS = (1e-2, 16.0)


def soft_round(y: Tensor, sharpness: Tensor) -> Tensor:
    """y -> between y (sharpness near 0) and round(y) (sharpness high), elementwise; integers and halves stay."""
    middle = y.floor() + 0.5
    return middle + torch.tanh(sharpness * (y - middle)) / (2 * torch.tanh(sharpness / 2))


def soft_round_inverse(y: Tensor, sharpness: Tensor) -> Tensor:
    """The inverse of `soft_round`."""
    middle = y.floor() + 0.5
    return middle + torch.atanh(2 * torch.tanh(sharpness / 2) * (y - middle)) / sharpness


def conditional_mean(noisy: Tensor, sharpness: Tensor) -> Tensor:
    """The mean of a locally flat y given ``noisy`` = soft_round(y) + noise in [-1/2, 1/2)."""
    return soft_round_inverse(noisy - 0.5, sharpness) + 0.5


@QUANTIZERS.register("softround", SOURCE)
class SoftRound(WholeNumbers):
    """``softround(first=1.0, last=8.0, steps=10000)``: (B, C, H, W) -> the same; K = C, no symbols in training.

    The sharpness (one over the temperature) goes from ``first`` to ``last``, evenly in its logarithm, over ``steps``
    training passes. They are counted in the state dict, so that a resumed run goes on where it was.
    """

    seen: Tensor

    def __init__(self, channels: int, first: float = 1.0, last: float = 8.0, steps: int = 10000) -> None:
        super().__init__(channels)
        low, high = BOUNDS
        if not low <= first <= last <= high or steps < 1:
            raise ValueError(
                f"first={first}, last={last}, steps={steps}: choose {low} <= first <= last <= {high}, steps >= 1"
            )
        self.first, self.last, self.steps = first, last, steps
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @property
    def sharpness(self) -> Tensor:
        """What the next training pass will use, a scalar."""
        return self.first * (self.last / self.first) ** (self.seen / self.steps).clamp(max=1)

    def train_on(self, y: Tensor) -> Quantized:
        sharpness = self.sharpness
        self.seen += 1
        noisy = soft_round(y, sharpness) + torch.rand_like(y) - 0.5
        return Quantized(conditional_mean(noisy, sharpness), None, y.new_zeros(()))
