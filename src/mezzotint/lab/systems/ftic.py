# SPDX-License-Identifier: Apache-2.0
"""FTIC: attention in windows of four shapes, an MLP gated in the FFT's bands, slices by a channel transformer.

    pixels --- DCT and [four windows | FFT gate] x 2 --- y --- hyperprior --- slices, each by attention to those before
                                                                                  |
    pixels --- DCT and [four windows | FFT gate] x 2 -------------------------- y_hat

"Frequency-Aware Transformer for Learned Image Compression" (Li et al., ICLR 2024). Square windows keep to high or low
frequencies by their size, flat and tall ones to directions; the gate weighs the bands of what the MLP gives.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "FTIC",
    "transform and prior",
    "Frequency-Aware Transformer for Learned Image Compression",
    2024,
    "one pair of blocks a side at 1/16, beside a DCT shortcut, where the paper has stages from 1/2 to 1/16; windows"
    " of 4 to 16 cells; four slices",
)


@SYSTEMS.register("ftic", SOURCE)
def ftic(
    start: Start, mixer: str = "ftic_windows() | ftic_fft()", prior: str = "ftic_tca(width=64)"
) -> ImageSystem:
    """``ftic(mixer="ftic_windows() | ftic_fft()", prior="ftic_tca(width=64)")``."""
    analysis, synthesis = transforms(start, mixer)
    return ImageSystem("ftic", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))
