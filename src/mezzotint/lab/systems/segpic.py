# SPDX-License-Identifier: Apache-2.0
"""SegPIC: kernels made in every cell from its region's mean; true regions guide training only, none is ever sent.

    pixels --- DCT, block at 1/8 - region-adaptive - down, affine, blocks at 1/16 --- y --- hyperprior --- y_hat
                                        |                                                                    |
               regions: of the photo in training, a 4 x 4 grid when coding                                   |
                                        |                                                                    |
    pixels --- DCT, block at 1/8 - region-adaptive - up, affine, blocks at 1/16 -----------------------------+

"Region-Adaptive Transform with Segmentation Prior for Image Compression" (Liu et al., ECCV 2024). The trap: the decoder
in training sees borders that it will not see when it decodes, and may learn to lean on them.
"""

from __future__ import annotations

import torch

from mezzotint.lab.data import regions as sources
from mezzotint.lab.layers.regions import grid_map
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models.budget import hidden_beside
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import CHANNELS, Start, transforms
from mezzotint.lab.models.metablock import mixers_of
from mezzotint.lab.models.regional import COARSE, FINE, Modules, Regional, RegionalAnalysis, RegionalSynthesis
from mezzotint.lab.models.skeleton import DEPTH, HEIGHT, WIDTH
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "SegPIC",
    "transform",
    "Region-Adaptive Transform with Segmentation Prior for Image Compression",
    2024,
    "one region-adaptive transform a side, at 1/8, and none in the hyper path; each side takes means over regions of"
    " its own features, where the paper sends them rounded; regions by colour (Felzenszwalb and Huttenlocher) where the"
    " paper has masks of things; a hyperprior without slices",
)


@SYSTEMS.register("segpic", SOURCE)
def segpic(
    start: Start,
    mixer: str = "depthwise",
    prior: str = "hyperprior(width=64)",
    adapt: int = 1,
    affine: int = 1,
    regions: str = "felzenszwalb",
) -> ImageSystem:
    """``segpic(mixer="depthwise", prior="hyperprior(width=64)", adapt=1, affine=1, regions="felzenszwalb")``.

    ``adapt`` region-adaptive transforms a side and ``affine`` scale affine layers at each of its resolutions, 0 for
    none; what they cost, the MLPs beside them give up. ``regions`` of training: "grid" is what coding sees, too.
    """
    if min(adapt, affine) < 0:
        raise ValueError(f"adapt={adapt}, affine={affine}: choose 0 or more")
    extra = [Modules(adapt, affine) for _ in range(2)]
    analysis, synthesis = transforms(start, mixer, hidden_beside(_macs(mixer, extra[0])))
    framed = Regional(
        RegionalAnalysis(analysis, extra[0]),
        PRIORS.build(prior, CHANNELS),
        RegionalSynthesis(synthesis, extra[1]),
        sources.find(regions),
    )
    return ImageSystem("segpic", framed)


def _macs(mixer: str, extra: Modules) -> int:
    """Of a side's mixers and what it has beside them, on the picture of `HEIGHT` x `WIDTH`."""
    fine, coarse = (
        torch.zeros(1, FINE, HEIGHT // 8, WIDTH // 8),
        torch.zeros(1, COARSE, HEIGHT // 16, WIDTH // 16),
    )
    mixers = (count(MIXERS.build(spec, COARSE), coarse).macs for spec in mixers_of(mixer, DEPTH))
    return sum(mixers) + count(extra, fine, coarse, grid_map()).macs
