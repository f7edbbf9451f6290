# SPDX-License-Identifier: Apache-2.0
"""The Gaussian mixture, coded by search in its own counts: no table is made for any symbol.

    z_hat --- features --- weights, means, scales of each y --- rounded once --- mixture_coder --- one chunk

"FlashGMM: Fast Gaussian Mixture Entropy Model for Learned Image Compression" (Murai et al., 2025). What is trained, and
how, is gaussian_mixture.py; the two differ in how symbols become words. The trap is that of coding.py, and sharper:
counts are exact in the rounded weights, means and scales, but these are floats before. Another machine, another number
of threads, or weights laid out otherwise, compute other last digits; of nine numbers a symbol, one in nearly every file
then rounds otherwise, and it is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.lab.priors import PRIORS, coding, mixture_coder
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.gaussian_mixture import GaussianMixture, Mixture
from mezzotint.lab.priors.integer_mixture import IntegerMixture, integers
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FlashGMM",
    "prior",
    "FlashGMM: Fast Gaussian Mixture Entropy Model for Learned Image Compression",
    2025,
    "numba's code in place of hand-written SIMD, and one coder's state; exact integers in place of approximated"
    " floats; a hyperprior only, without the paper's context models",
)


class Writer(coding.Writer):
    """Writes mixtures by search, all else by its tables."""

    def write(self, values: NDArray[np.int32], density: coding.Density) -> None:
        if isinstance(density, Mixture):
            self.chunks.append(mixture_coder.encode(values, rounded(density)))
        else:
            super().write(values, density)


class Reader(coding.Reader):
    """Reads mixtures by search, all else by its tables."""

    def read(self, density: coding.Density) -> NDArray[np.int32]:
        if isinstance(density, Mixture):
            return mixture_coder.decode(self.next(), rounded(density))
        return super().read(density)


@PRIORS.register("flash_gmm", SOURCE)
class FlashGMM(EntropyModel):
    """``flash_gmm(components=3, width=192)``: as `GaussianMixture`, in two chunks: z and y; MissingExtra without numba.

    ``mixture`` is that prior, and codes the same y with the same weights by tables.
    """

    writer, reader = Writer, Reader

    def __init__(self, channels: int, components: int = 3, width: int | None = None) -> None:
        super().__init__(channels)
        self.mixture = GaussianMixture(channels, components, width)

    def walk(self, code: coding.Code, *given: Tensor) -> Tensor:
        return self.mixture.walk(code, *given)


def rounded(density: Mixture) -> IntegerMixture:
    """The integers of a density of one y, in raster order."""
    return integers(*(part[0].flatten(1).cpu() for part in (density.weight, density.mean, density.scale)))
