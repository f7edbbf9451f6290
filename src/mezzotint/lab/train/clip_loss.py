# SPDX-License-Identifier: Apache-2.0
"""What a network that is a clip is fitted by: squared error of pixels, alone or beside the error of spectra.

"Boosting Neural Representations for Videos with a Conditional Decoder" (Zhang et al., CVPR 2024), section 3.4: the
absolute error of Fourier coefficients. Squares are ruled by the large coefficients of low frequencies; absolute values
give the many small ones of high frequencies their say. The trap: it is no longer PSNR that is optimised.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SPECTRA = 0.02  # weight of the spectra's error


def pixels(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean square of (B, 3, H, W)."""
    return (found - wanted).square().mean()


def frequencies(found: Tensor, wanted: Tensor) -> Tensor:
    """The same, and the mean absolute error of the real and imaginary parts of the planes' spectra."""
    spectrum = torch.fft.rfft2(found - wanted, norm="ortho")
    return pixels(found, wanted) + SPECTRA * torch.view_as_real(spectrum).abs().mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"pixels": pixels, "frequencies": frequencies}
