# SPDX-License-Identifier: Apache-2.0
"""A sum of 2D Gaussians as a picture, and its gradient: loops, compiled when they are first needed.

    u = dy / tall, w = (dx - slant u) / wide;   picture += colour * exp(-(u^2 + w^2) / 2)

"GaussianImage: 1000 FPS Image Representation and Compression by 2D Gaussian Splatting" (Zhang et al., ECCV 2024),
section 3.2: no order, no opacity, colours may be negative. (tall, slant, wide) is the Cholesky factor of a covariance
whose axes are taken as (y, x), so that a row of the ellipse is an interval. Each Gaussian is drawn to REACH standard
deviations alone. The loops are plain Python, which numba compiles (extra `systems`). The trap: the exponential is a
polynomial of our own, so that the decoder hangs on no library's exp, and the sum is taken in the order given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.errors import MissingExtra

REACH = 12**0.5  # exp(-6) of a Gaussian's peak is left at its edge
EDGE = np.float32(12)  # the largest u^2 + w^2
ZERO, ONE, PART = np.float32(0), np.float32(1), np.float32(1 / 32)  # exp(-s) = exp(-s / 16)^16
FIRST, SECOND, THIRD, FOURTH, FIFTH = (np.float32((-1) ** k / math.factorial(k)) for k in range(1, 6))

Floats = NDArray[np.float32]


def draw(picture: Floats, position: Floats, shape: Floats, colour: Floats) -> None:
    """Add Gaussians to ``picture`` (3, H, W); position (N, 2) x and y, shape (N, 3), colour (N, 3), all float32."""
    height, width = picture.shape[1], picture.shape[2]
    columns = np.arange(width).astype(np.float32)
    for n in range(len(position)):
        x, y, tall, slant, wide = position[n, 0], position[n, 1], shape[n, 0], shape[n, 1], shape[n, 2]
        red, green, blue, shrink = colour[n, 0], colour[n, 1], colour[n, 2], ONE / wide
        reach = REACH * tall
        for row in range(max(0, math.ceil(y - reach)), min(height - 1, math.floor(y + reach)) + 1):
            u = (np.float32(row) - y) / tall
            middle, half = x + slant * u, wide * math.sqrt(max(ZERO, EDGE - u * u))
            start, stop = max(0, math.ceil(middle - half)), min(width - 1, math.floor(middle + half)) + 1
            if stop <= start:
                continue
            at = columns[start:stop]
            reds, greens, blues = (
                picture[0, row, start:stop],
                picture[1, row, start:stop],
                picture[2, row, start:stop],
            )
            for k in range(stop - start):
                w = (at[k] - middle) * shrink
                v = (u * u + w * w) * PART
                g = ONE + v * (FIRST + v * (SECOND + v * (THIRD + v * (FOURTH + v * FIFTH))))
                g = g * g
                g = g * g
                g = g * g
                g = g * g
                reds[k] += red * g
                greens[k] += green * g
                blues[k] += blue * g


def pull(wanted: Floats, position: Floats, shape: Floats, colour: Floats, gradient: Floats) -> None:
    """Add to ``gradient`` (N, 8), of position, shape, colour, what that of the picture, ``wanted`` (3, H, W), asks."""
    height, width = wanted.shape[1], wanted.shape[2]
    columns = np.arange(width).astype(np.float32)
    for n in range(len(position)):
        x, y, tall, slant, wide = position[n, 0], position[n, 1], shape[n, 0], shape[n, 1], shape[n, 2]
        red, green, blue, shrink = colour[n, 0], colour[n, 1], colour[n, 2], ONE / wide
        reach = REACH * tall
        for row in range(max(0, math.ceil(y - reach)), min(height - 1, math.floor(y + reach)) + 1):
            u = (np.float32(row) - y) / tall
            middle, half = x + slant * u, wide * math.sqrt(max(ZERO, EDGE - u * u))
            start, stop = max(0, math.ceil(middle - half)), min(width - 1, math.floor(middle + half)) + 1
            if stop <= start:
                continue
            at = columns[start:stop]
            reds, greens, blues = (
                wanted[0, row, start:stop],
                wanted[1, row, start:stop],
                wanted[2, row, start:stop],
            )
            zero, one, two, r, e, b = ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
            for k in range(stop - start):
                w = (at[k] - middle) * shrink
                v = (u * u + w * w) * PART
                g = ONE + v * (FIRST + v * (SECOND + v * (THIRD + v * (FOURTH + v * FIFTH))))
                g = g * g
                g = g * g
                g = g * g
                g = g * g
                s = g * (red * reds[k] + green * greens[k] + blue * blues[k])
                zero += s  # moments of the exponent's gradient
                one += s * w
                two += s * w * w
                r += g * reds[k]
                e += g * greens[k]
                b += g * blues[k]
            along = (slant * one * shrink - u * zero) / tall  # minus that of u, over tall
            gradient[n, 0] += one * shrink
            gradient[n, 1] -= along
            gradient[n, 2] -= u * along
            gradient[n, 3] += u * one * shrink
            gradient[n, 4] += two * shrink
            gradient[n, 5] += r
            gradient[n, 6] += e
            gradient[n, 7] += b


class Kernels(NamedTuple):
    """`draw` and `pull`, compiled."""

    draw: Callable[..., None]
    pull: Callable[..., None]


@cache
def compiled() -> Kernels:
    """MissingExtra without numba. Only the gradient, which no decoder computes, may be summed in another order."""
    try:
        from numba import njit
    except ImportError:
        raise MissingExtra("Gaussian splatting needs numba", "pip install 'mezzotint[systems]'") from None
    return Kernels(njit(draw), njit(fastmath={"reassoc", "contract", "nsz"})(pull))


class Splat(torch.autograd.Function):
    """(position (N, 2), shape (N, 3), colour (N, 3), height, width) -> (3, height, width), float32 on the CPU."""

    @staticmethod
    def forward(ctx: Any, position: Tensor, shape: Tensor, colour: Tensor, height: int, width: int) -> Tensor:
        ctx.save_for_backward(position, shape, colour)
        picture = torch.zeros(3, height, width)
        compiled().draw(picture.numpy(), *_arrays(position, shape, colour))
        return picture

    @staticmethod
    def backward(ctx: Any, *wanted: Tensor) -> tuple[Tensor | None, ...]:
        inputs = _arrays(*ctx.saved_tensors)
        gradient = torch.zeros(len(inputs[0]), 8)
        compiled().pull(*_arrays(wanted[0]), *inputs, gradient.numpy())
        return gradient[:, :2], gradient[:, 2:5], gradient[:, 5:], None, None


def splat(position: Tensor, shape: Tensor, colour: Tensor, height: int, width: int) -> Tensor:
    """Gaussians (see `draw`; in pixels, (0, 0) the middle of the first one) -> (3, height, width).

    tall and wide must be positive and everything finite: the loops do not look.
    """
    picture: Tensor = Splat.apply(position, shape, colour, height, width)
    return picture


def _arrays(*tensors: Tensor) -> list[Floats]:
    return [t.detach().contiguous().numpy() for t in tensors]
