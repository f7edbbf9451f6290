# SPDX-License-Identifier: Apache-2.0
"""Rate plus distortion, weighed so that every quality pulls equally on the shared weights."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from mezzotint.lab.models.codec import Output, lambda_of


class Loss(NamedTuple):
    """Scalar to minimise, and per image (B,): bits per pixel of y and z, mean squared error on the 0..255 scale."""

    total: Tensor
    y_bpp: Tensor
    z_bpp: Tensor
    mse: Tensor


def rate_distortion(x: Tensor, output: Output, quality: Tensor) -> Loss:
    """R + lambda D, divided by sqrt(lambda): R + lambda D itself grows about as sqrt(lambda) along the dial."""
    pixels = x.shape[2] * x.shape[3]
    mse = (output.x_hat.float() - x).square().mean((1, 2, 3)) * 255**2
    y_bpp, z_bpp = output.y_bits / pixels, output.z_bits / pixels
    lam = lambda_of(quality)
    total = ((y_bpp + z_bpp + lam * mse) / lam.sqrt()).mean()
    if output.extra is not None:
        total = total + output.extra
    return Loss(total, y_bpp.detach(), z_bpp.detach(), mse.detach())
