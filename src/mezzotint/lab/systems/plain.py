# SPDX-License-Identifier: Apache-2.0
"""The plain skeleton, against which all systems are measured: depthwise blocks round a mean-scale hyperprior.

    pixels --- DCT and two blocks --- y --- hyperprior --- y_hat --- two blocks and DCT --- pixels

"Joint Autoregressive and Hierarchical Priors for Learned Image Compression" (Minnen et al., NeurIPS 2018) without its
serial context: what learned codecs are usually compared with, round the transforms of the board of mixers.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "plain",
    "anchor",
    "Joint Autoregressive and Hierarchical Priors for Learned Image Compression",
    2018,
    "no serial context; the transforms are the board's",
)


@SYSTEMS.register("plain", SOURCE)
def plain(start: Start, mixer: str = "depthwise", prior: str = "hyperprior(width=64)") -> ImageSystem:
    """``plain(mixer="depthwise", prior="hyperprior(width=64)")``: any mixers at 1/16 round any prior."""
    analysis, synthesis = transforms(start, mixer)
    return ImageSystem("plain", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))
