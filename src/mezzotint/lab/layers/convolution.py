# SPDX-License-Identifier: Apache-2.0
"""Pointwise and depthwise convolutions that start by keeping the size of the signal.

PyTorch's own start shrinks a signal by sqrt(3) a layer; several in a row without a norm between them would all but
silence a mixer.
"""

from __future__ import annotations

from torch import nn


def check_odd(kernel: int) -> None:
    """ValueError when the kernel has no middle."""
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"a kernel of {kernel} has no middle: choose an odd one")


def pointwise(inputs: int, outputs: int, bias: bool = True) -> nn.Conv2d:
    """(B, inputs, H, W) -> (B, outputs, H, W) by a 1x1 product of unit gain."""
    conv = nn.Conv2d(inputs, outputs, 1, bias=bias)
    nn.init.normal_(conv.weight, std=inputs**-0.5)
    if bias:
        nn.init.zeros_(conv.bias)
    return conv


def depthwise(
    channels: int, kernel: int, stride: int = 1, bias: bool = True, centre: float = 1.0
) -> nn.Conv2d:
    """(B, C, H, W) -> (B, C, ceil(H / stride), ceil(W / stride)); starts near ``centre`` times the identity."""
    check_odd(kernel)
    middle = kernel // 2
    conv = nn.Conv2d(channels, channels, kernel, stride, middle, groups=channels, bias=bias)
    nn.init.normal_(conv.weight, std=0.02)
    conv.weight.data[:, 0, middle, middle] += centre
    if bias:
        nn.init.zeros_(conv.bias)
    return conv
