# SPDX-License-Identifier: Apache-2.0
"""MLICv2: token mixing round slices with local, channel and global references; y annealed for each picture if asked.

    pixels --- DCT and [mix tokens, MLP] x 2 --- y --- anneal y (encoder only) --- hyperprior --- slices, two passes:
                                                                                     |   neighbours, earlier slices,
    pixels --- DCT and [mix tokens, MLP] x 2 ------------------------------------- y_hat      the whole picture

"MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression" (Jiang et al., TOMM 2025). Without
annealing it is the paper's MLICv2, with it MLICv2+: a picture's y is moved to where bits and error are least, by
stochastic Gumbel annealing (models/anneal.py), and the file is read by the same decoder in the same time. Its ablation
is the same transforms round a hyperprior. The trap: `rebuilt` must anneal too, with the same noise, or it would give
another picture than the file.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "MLICv2",
    "transform and prior",
    "MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression",
    2025,
    "two mixing blocks a side at 1/16, beside a DCT shortcut, with the convolutions of DCVC-RT inside; four slices; no "
    "position embedding and no loss that guides what is skipped; annealing is an option, and of y alone",
)


@SYSTEMS.register("mlicv2", SOURCE)
def mlicv2(
    start: Start, mixer: str = "dcvc()", prior: str = "mlicv2(width=64)", refine_steps: int = 0
) -> ImageSystem:
    """``mlicv2(mixer="dcvc()", prior="mlicv2(width=64)", refine_steps=0)``."""
    analysis, synthesis = transforms(start, mixer)
    framed = Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis)
    return ImageSystem("mlicv2", framed, refine_steps)
