# SPDX-License-Identifier: Apache-2.0
"""HCFSSNet: convolutions beside scans in eight directions, and DCT bands weighted by content, also in the hyper path.

    pixels --- DCT and [convolution | scans - bands weighted] x 2 --- y --- [Swin - bands weighted] --- z
                                                                      |
                                                                  hyperprior
                                                                      |
    pixels --- DCT and [convolution | scans - bands weighted] x 2 --- y_hat

"Hybrid Convolution and Frequency State Space Network for Image Compression" (Pan et al., 2025). The trap: a scan in
eight directions is cheap in multiply-accumulates and dear in time, and none of its price is the weighting's, which is
what the ablation takes out.
"""

from __future__ import annotations

import torch
from torch import nn

from mezzotint.lab.models.budget import hidden_beside
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.models.hybrid import Hybrid, HybridBlock, HybridConfig
from mezzotint.lab.models.skeleton import CONFIG, DEPTH, HEIGHT, WIDTH
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem

SOURCE = Source(
    "HCFSSNet",
    "transform and prior",
    "Hybrid Convolution and Frequency State Space Network for Image Compression",
    2025,
    "two blocks a side at 1/16, beside a DCT shortcut; the paths of a scan are rows, columns and both diagonals, there"
    " and back, with one decay a head; no context among the latents",
)
COARSE = CONFIG.analysis.coarse


@SYSTEMS.register("hcfssnet", SOURCE)
def hcfssnet(
    start: Start,
    detail: str = "depthwise",
    scan: str = "state_space(directions=8)",
    weightings: int = 1,
    prior: str = "hcfss(width=64)",
    hidden: int | None = None,
) -> ImageSystem:
    """``hcfssnet(detail="depthwise", scan="state_space(directions=8)", weightings=1, prior="hcfss(width=64)")``.

    ``detail`` and ``scan`` are any mixers, each of half the channels; ``weightings`` of the bands behind a scan, 0 for
    none. ``hidden`` is the width of the MLPs; left out, the one that makes blocks cost what the board's do.
    """
    if weightings < 0:
        raise ValueError(f"weightings={weightings}: choose 0 or more")
    config = HybridConfig(detail, scan, weightings)
    width = _hidden(config) if hidden is None else hidden
    analysis, synthesis = transforms(start, "depthwise", width)
    for side in (analysis, synthesis):
        side.coarse = nn.Sequential(*(HybridBlock(COARSE, width, config) for _ in range(DEPTH)))
    return ImageSystem("hcfssnet", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))


def _hidden(config: HybridConfig) -> int:
    """Of the MLPs, where blocks with this in a mixer's place are to cost what the board's do."""
    x = torch.zeros(1, COARSE, HEIGHT // 16, WIDTH // 16)
    return hidden_beside(DEPTH * count(Hybrid(COARSE, config), x).macs)
