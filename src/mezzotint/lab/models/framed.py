# SPDX-License-Identifier: Apache-2.0
"""The training graph that rebuilt image codecs share: any transforms round any prior, one model for all qualities.

    x --- analysis --- y --- / step(quality) --- prior --- * step(quality) --- y_hat --- synthesis --- x_hat

The prior codes y in quantiser steps; a step a channel at each of five anchors makes the rate a dial (gain units:
"Asymmetric Gained Deep Image Compression", CVPR 2021). Analysis and synthesis are any modules of (values, quality);
`transforms` makes the skeleton's pair with a cycle of mixers at 1/16. The trap: priors see steps and not the quality
itself, so what they know of it is what z tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.quality import QUALITY_MAX, QualityVector
from mezzotint.lab.models.codec import Output, lambda_of
from mezzotint.lab.models.metablock import metastack
from mezzotint.lab.models.skeleton import CONFIG, DEPTH, hidden_width
from mezzotint.lab.models.transform import Analysis, Synthesis
from mezzotint.lab.priors.entropy_model import EntropyModel


@dataclass(frozen=True, eq=False)
class Start:
    """Where transforms begin: ``rows`` (M, 768) of a 16x16 block transform, ``spread`` (M,) of their outputs on photos.

    See `data.basis.strongest_rows`. M is `CHANNELS`.
    """

    rows: Tensor
    spread: Tensor


CHANNELS = CONFIG.channels  # of y: 192


def transforms(start: Start, mixer: str, hidden: int | None = None) -> tuple[Analysis, Synthesis]:
    """The skeleton's analysis and synthesis with these mixers (a cycle, see metablock.py) in the blocks at 1/16.

    ``hidden`` is the width of their MLPs; left out, the one that makes blocks cost what the board's do (ValueError
    where the mixers are too dear for that).
    """
    width = hidden_width(mixer) if hidden is None else hidden
    analysis = Analysis(CONFIG.analysis, start.rows, start.spread, CONFIG.anchors)
    synthesis = Synthesis(CONFIG.synthesis, start.rows, start.spread, CONFIG.anchors)
    for side in (analysis, synthesis):
        side.coarse = metastack(DEPTH, CONFIG.analysis.coarse, width, mixer)
    return analysis, synthesis


class Framed(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64, quality (B,) in 0..4095 -> Output.

    ``analysis``: (x, quality) -> y (B, M, H/16, W/16) in the units of an orthonormal transform; ``synthesis``:
    (y_hat, quality) -> x_hat, not clipped; ``prior`` of M channels.
    """

    def __init__(self, analysis: nn.Module, prior: EntropyModel, synthesis: nn.Module) -> None:
        super().__init__()
        self.analysis, self.prior, self.synthesis = analysis, prior, synthesis
        qualities = torch.linspace(0, QUALITY_MAX, CONFIG.anchors)
        # High-rate theory: an orthonormal uniform quantiser of step d has slope 26 / (255 d)^2 on three planes.
        step = (26 / lambda_of(qualities)).sqrt()[:, None].expand(-1, prior.channels) / 255
        self.step = QualityVector(prior.channels, CONFIG.anchors, step)

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        coded = self.prior(self.latent(x, quality))
        return Output(self.pixels(coded.y_hat, quality), coded.bits, torch.zeros_like(coded.bits))

    def latent(self, x: Tensor, quality: Tensor) -> Tensor:
        """y in quantiser steps, what the prior codes."""
        y: Tensor = self.analysis(x, quality) / self.step(quality)
        return y

    def pixels(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """What the prior gave back -> x_hat."""
        x_hat: Tensor = self.synthesis(y_hat * self.step(quality), quality)
        return x_hat
