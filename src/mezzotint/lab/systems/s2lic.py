# SPDX-License-Identifier: Apache-2.0
"""S2LIC: residual SwinV2 groups between dense blocks; slices, checkerboard, deformable attention to earlier slices.

    pixels --- DCT and [dense block, SwinV2 group] --- y --- hyperprior --- slices of two passes each, by attention
                                                                               |    over channels and far places
    pixels --- DCT and [SwinV2 group, dense block] ------------------------- y_hat

"S2LIC: Learned Image Compression with the SwinV2 Block, Adaptive Channel-wise and Global-inter Attention Context" (Wang
et al., 2024). The blocks are those of Swin V2, norms behind them and a shortcut round each group; the dense block sits
on the picture's side of both transforms. Its ablation is the same transforms round a hyperprior. The trap: windows make
the transforms see their alignment, so a picture moved by a pixel codes to another size.
"""

from __future__ import annotations

from torch import nn

from mezzotint.lab.layers.dense import DenseBlock
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.models.postnorm import ResidualGroup
from mezzotint.lab.models.skeleton import CONFIG, DEPTH, hidden_width
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "S2LIC",
    "transform and prior",
    "S2LIC: Learned Image Compression with the SwinV2 Block, Adaptive Channel-wise and Global-inter Attention Context",
    2024,
    "one group of two blocks a side at 1/16, beside a DCT shortcut, where the paper has three from 1/2 to 1/8; dense "
    "blocks at 1/8, not on pixels; four slices, not ten",
)
GROWTH = 24  # channels of a dense layer


@SYSTEMS.register("s2lic", SOURCE)
def s2lic(
    start: Start,
    mixer: str = "swinv2(shift=0) | swinv2()",
    dense: int = 3,
    prior: str = "s2lic(width=64)",
) -> ImageSystem:
    """``s2lic(mixer="swinv2(shift=0) | swinv2()", dense=3, prior="s2lic(width=64)")``: ``dense`` layers a block."""
    hidden = hidden_width(mixer)
    analysis, synthesis = transforms(start, mixer, hidden)
    for side in (analysis, synthesis):
        side.coarse = ResidualGroup(DEPTH, CONFIG.analysis.coarse, hidden, mixer)
    analysis.fine = nn.Sequential(DenseBlock(CONFIG.analysis.fine, GROWTH, dense), analysis.fine)
    synthesis.fine = nn.Sequential(synthesis.fine, DenseBlock(CONFIG.synthesis.fine, GROWTH, dense))
    return ImageSystem("s2lic", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))
