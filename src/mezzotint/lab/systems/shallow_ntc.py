# SPDX-License-Identifier: Apache-2.0
"""Shallow-NTC: a decoder of one or two layers; a strong analysis and a search over latents make up for it.

    pixels --- DCT and [four windows | FFT gate] x 4 --- y --- annealed, with the decoder below --- hyperprior
                                                                                                       |
    pixels --- two layers of transposed convolution -------------------------------------------------- y_hat

"Asymmetrically-Powered Neural Image Compression with Shallow Decoders" (Yang and Mandt, ICCV 2023). A picture is coded
once and decoded often, so the work moves to the encoder: more blocks than the decoder ever had, then stochastic Gumbel
annealing of this picture's latents (models/anneal.py). The trap: what is left of the decoder's cost is the
hyperprior's, which every form pays.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import CHANNELS, Framed, Start
from mezzotint.lab.models.metablock import metastack
from mezzotint.lab.models.shallow import SYNTHESES
from mezzotint.lab.models.skeleton import CONFIG, hidden_width
from mezzotint.lab.models.transform import Analysis
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

MIXER = "ftic_windows() | ftic_fft()"

SOURCE = Source(
    "Shallow-NTC",
    "transform",
    "Asymmetrically-Powered Neural Image Compression with Shallow Decoders",
    2023,
    "four blocks of another paper's at 1/16 beside a DCT shortcut, where the paper has ELIC's analysis of 192 to 320"
    " channels; kernels of 10 for 13; tens of steps of annealing, where it has 3000",
)


@SYSTEMS.register("shallow_ntc", SOURCE)
def shallow_ntc(
    start: Start,
    synthesis: str = "two_layer",
    refine_steps: int = 16,
    mixer: str = MIXER,
    depth: int = 4,
    prior: str = "hyperprior(width=64)",
) -> ImageSystem:
    """``shallow_ntc(synthesis="two_layer", refine_steps=16, mixer=..., depth=4, prior="hyperprior(width=64)")``.

    ``synthesis`` is one of models/shallow.py; ``depth`` blocks of ``mixer`` (a cycle) are the analysis' at 1/16.
    """
    analysis = Analysis(CONFIG.analysis, start.rows, start.spread, CONFIG.anchors)
    analysis.coarse = metastack(depth, CONFIG.analysis.coarse, hidden_width(mixer), mixer)
    framed = Framed(analysis, PRIORS.build(prior, CHANNELS), SYNTHESES.build(synthesis, start))
    return ImageSystem("shallow_ntc", framed, refine_steps)
