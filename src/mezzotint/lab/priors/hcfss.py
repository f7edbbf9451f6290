# SPDX-License-Identifier: Apache-2.0
"""HCFSSNet's hyper path: between its strides, Swin attention and DCT bands weighted by what their window holds.

    y --- conv, stride --- [windows, band weights, MLP] --- stride --- z --- round, code
    mean, scale --- conv, stride --- [shifted windows, band weights, MLP] --- stride --- z_hat

"Hybrid Convolution and Frequency State Space Network for Image Compression" (HCFSSNet, 2025), the frequency Swin
transformer attention module. What is weighted is the side information's own map, at half y's resolution. The trap: z
has few cells, so windows of 8 would mostly hold padding on the crops of training.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.layers.mlp import GatedMlp
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.side import Side
from mezzotint.lab.registry import Source

SOURCE = Source(
    "HCFSSNet",
    "prior",
    "Hybrid Convolution and Frequency State Space Network for Image Compression",
    2025,
    "the hyper path only: nothing is learned from latents already coded; one module on each side of z",
)
SQUEEZE = 4


@PRIORS.register("hcfss", SOURCE)
class HCFSS(EntropyModel):
    """``hcfss(window=4, heads=4, weightings=1, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    Two chunks, z and y. ``weightings`` of the bands stand in each module, 0 for none. ``width``, the channels of z and
    of the side path, is C where it is left out.
    """

    def __init__(
        self,
        channels: int,
        window: int = 4,
        heads: int = 4,
        weightings: int = 1,
        width: int | None = None,
    ) -> None:
        super().__init__(channels)
        if weightings < 0:
            raise ValueError(f"weightings={weightings}: choose 0 or more")
        self.side = Side(channels, width)
        inner = self.side.prior.channels
        self.side.analysis.insert(4, FrequencySwin(inner, Windows(window, window), heads, weightings))
        shifted = Windows(window, window, window // 2, window // 2)
        self.side.synthesis.insert(2, FrequencySwin(inner, shifted, heads, weightings))
        self.head = NormalHead(2 * channels, channels)

    def walk(self, code: coding.Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        return code(coding.whole, self.head(features))


class FrequencySwin(nn.Module):
    """(B, C, H, W) -> the same: attention in windows, bands of those windows weighted, MLP."""

    def __init__(self, channels: int, windows: Windows, heads: int, weightings: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        if windows.rows < 1:
            raise ValueError(f"window={windows.rows} holds no cells: choose 1 or more")
        self.windows, self.heads = windows, heads
        self.attention_norm, self.mlp_norm = ChannelNorm(channels), ChannelNorm(channels)
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = RelativeBias(windows.rows, windows.columns, heads)
        self.out = pointwise(channels, channels)
        squeeze = min(SQUEEZE, channels)
        self.weightings = nn.Sequential(
            *(FrequencyModulation(channels, windows.rows, squeeze) for _ in range(weightings))
        )
        self.mlp = GatedMlp(channels, 2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.attention_norm(x)).chunk(3, 1)
        x = x + self.out(attend_in_windows(q, k, v, self.heads, self.windows, self.bias()))
        x = self.weightings(x)
        return x + self.mlp(self.mlp_norm(x))
