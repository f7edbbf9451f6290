# SPDX-License-Identifier: Apache-2.0
"""FlashGMM: a Gaussian mixture for each symbol, coded by search in its rising counts instead of in tables.

    pixels --- DCT and two blocks --- y --- hyperprior --- weights, means, scales --- whole numbers
                                      |                                                    |
                                      + -------- counts at any value, in integers -------- + --- rANS words
    words --- state mod 2^24 --- from the heaviest mean: doubling steps, halving steps --- y_hat --- two blocks and DCT

"FlashGMM: Fast Gaussian Mixture Entropy Model for Learned Image Compression" (Murai et al., 2025). Mixtures save bits
and were given up for their coding time, which went into a table for each symbol. The trap: the coder is fast once
numba has compiled it; the first picture of a process waits some seconds for that.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "FlashGMM",
    "entropy-model",
    "FlashGMM: Fast Gaussian Mixture Entropy Model for Learned Image Compression",
    2025,
    "numba's code in place of hand-written SIMD, on one thread; exact integers in place of approximated floats; a"
    " hyperprior only, without the paper's context models, and the board's transforms",
)


@SYSTEMS.register("flash_gmm", SOURCE)
def flash_gmm(start: Start, mixer: str = "depthwise", prior: str = "flash_gmm(width=64)") -> ImageSystem:
    """``flash_gmm(mixer="depthwise", prior="flash_gmm(width=64)")``; coding needs numba."""
    analysis, synthesis = transforms(start, mixer)
    return ImageSystem("flash_gmm", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))
