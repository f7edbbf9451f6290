# SPDX-License-Identifier: Apache-2.0
"""ConvNeXt's spatial half: a 7x7 depthwise convolution, then layer normalisation over the channels of each position.

"A ConvNet for the 2020s" (ConvNeXt, CVPR 2022), section 2.6 and figure 4. The paper's block goes on with a pointwise
inverted bottleneck; that is the MLP of the block round this mixer. The trap: the one norm of the block stands behind
the convolution, not before it, so the size of the input does not matter.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "ConvNeXt",
    "convolution",
    "A ConvNet for the 2020s",
    2022,
    "7x7 depthwise and its norm only: the inverted bottleneck is the block's own gated MLP; no layer scale",
)


@MIXERS.register("convnext", SOURCE)
class ConvNext(nn.Module):
    """``convnext(kernel=7)``: (B, C, H, W) -> (B, C, H, W). Reach kernel // 2 (the norm sees one cell), no windows."""

    def __init__(self, channels: int, kernel: int = 7) -> None:
        super().__init__()
        self.reach, self.aligned = kernel // 2, 1
        self.spatial = depthwise(channels, kernel)
        self.norm = ChannelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.spatial(x))
