# SPDX-License-Identifier: Apache-2.0
"""Linear light of 16 bits as a camera might give it, made from photos: exposure, noise of photons and of reading.

A photo's sRGB curve (IEC 61966-2-1) is undone, the light is dimmed by up to STOPS, and noise is added whose variance
rises in proportion to the light ("Practical Poissonian-Gaussian Noise Modeling and Fitting for Single-Image Raw-Data",
Foi et al., IEEE TIP 2008). The trap: this is no raw file. The photo's own tone mapping, its denoising and its 8 bits
stay in it, there is no mosaic and no black level, and what it clipped stays clipped.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

WHITE = 65535
STOPS = 2.0  # exposure is 2^-STOPS to 1
SHOT = (1e-5, 3e-4)  # variance per unit of light, of which the range is 0..1; log-uniform
READ = (1e-4, 1e-3)  # standard deviation in the dark, log-uniform


def light(srgb: Tensor) -> Tensor:
    """sRGB in 0..1 -> linear light in 0..1."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055).pow(2.4))


def photographed(srgb: Tensor, seed: int) -> Tensor:
    """sRGB (B, 3, H, W) in 0..1 -> whole numbers in 0..65535, float32, each picture with its own exposure and noise."""
    generator = torch.Generator(srgb.device).manual_seed(seed)
    chance = torch.rand(3, len(srgb), 1, 1, 1, generator=generator, device=srgb.device)
    dimmed = light(srgb) * torch.exp2(-STOPS * chance[0])
    shot, read = (low * (high / low) ** c for (low, high), c in zip((SHOT, READ), chance[1:], strict=True))
    noise = torch.randn(srgb.shape, generator=generator, device=srgb.device)
    return (WHITE * (dimmed + noise * (shot * dimmed + read**2).sqrt())).round().clamp(0, WHITE)


def linear_picture(pixels: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint16]:
    """uint8 (H, W, 3) sRGB -> uint16 (H, W, 3) linear light, the same for the same seed."""
    srgb = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    return photographed(srgb, seed)[0].permute(1, 2, 0).contiguous().numpy().astype(np.uint16)
