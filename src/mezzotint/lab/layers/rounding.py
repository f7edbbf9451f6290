# SPDX-License-Identifier: Apache-2.0
"""Rounding as quantizers need it: with a gradient, and to integers that a coder can take."""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST = 2**30  # coders take 32-bit integers


def straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """``rounded``, up to float's own rounding, with the gradient of ``value`` (Bengio et al., 2013)."""
    return value + (rounded - value).detach()


def check_latent(y: Tensor, channels: int, codable: bool) -> None:
    """ValueError unless y is (B, channels, H, W) and, if it must be ``codable``, of numbers that a coder can take."""
    if y.ndim != 4 or y.shape[1] != channels:
        raise ValueError(
            f"a quantizer of {channels} channels got {tuple(y.shape)}: give it (B, {channels}, H, W)"
        )
    if codable and not bool((y.abs() <= LARGEST).all()):
        raise ValueError(
            "the latent is not finite or is beyond 2^30: training diverged; go back to a good checkpoint"
        )


def to_integers(y: Tensor) -> Tensor:
    """The nearest integers, int64; a half goes to the even one."""
    return y.detach().round().to(torch.int64)
