# SPDX-License-Identifier: Apache-2.0
"""The two-dimensional discrete Fourier transform of real maps, as pairs of real tensors.

torch.fft computes it in training. An exported graph has no such operator, so while exporting the same transform is two
products with cosine and sine matrices; a test holds both to each other. Orthonormal scaling: energy stays the same.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

Spectrum = tuple[Tensor, Tensor]  # real and imaginary part, (B, C, H, W // 2 + 1)


def rfft2(x: Tensor) -> Spectrum:
    """(B, C, H, W) real -> half spectrum; the last axis holds the frequencies 0..W // 2."""
    if torch.onnx.is_in_onnx_export():
        return _rfft2_products(x)
    spectrum = torch.fft.rfft2(x.float(), norm="ortho")
    return spectrum.real, spectrum.imag


def irfft2(spectrum: Spectrum, height: int, width: int) -> Tensor:
    """The inverse of `rfft2`: (B, C, height, width) real."""
    if torch.onnx.is_in_onnx_export():
        return _irfft2_products(spectrum, height, width)
    return torch.fft.irfft2(
        torch.complex(spectrum[0].float(), spectrum[1].float()), (height, width), norm="ortho"
    )


def dft(size: int) -> Spectrum:
    """(size, size) cosine and negative sine of 2 pi j k / size over sqrt(size): the DFT's real and imaginary part."""
    jk = (
        torch.outer(torch.arange(size), torch.arange(size)) % size
    )  # exact, where a large angle would lose digits
    angle = jk.double() * (2 * math.pi / size)
    return (angle.cos() / math.sqrt(size)).float(), (-angle.sin() / math.sqrt(size)).float()


def _rfft2_products(x: Tensor) -> Spectrum:
    height, width = x.shape[2:]
    half = width // 2 + 1
    c_w, s_w = (m[:, :half] for m in dft(width))
    c_h, s_h = dft(height)
    real, imaginary = x @ c_w, x @ s_w  # along rows
    return c_h @ real - s_h @ imaginary, c_h @ imaginary + s_h @ real


def _irfft2_products(spectrum: Spectrum, height: int, width: int) -> Tensor:
    real, imaginary = spectrum
    c_h, s_h = dft(height)
    real, imaginary = c_h @ real + s_h @ imaginary, c_h @ imaginary - s_h @ real
    half = width // 2 + 1
    twice = torch.full(
        (half, 1), 2.0
    )  # a frequency stands for its mirror image too, but for the ends of the axis
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    c_w, s_w = (twice * m[:half] for m in dft(width))
    return real @ c_w + imaginary @ s_w
