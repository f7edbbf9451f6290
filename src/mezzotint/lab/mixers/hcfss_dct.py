# SPDX-License-Identifier: Apache-2.0
"""HCFSSNet's adaptive frequency modulation: every DCT coefficient of a window is weighted by what the window holds.

"Hybrid Convolution and Frequency State Space Network for Image Compression", 2025, the adaptive frequency modulation
module (layers/frequency_modulation.py, whose weights start at 1). The trap: a window tells nothing of its neighbours,
hence the convolution before it.
"""

from __future__ import annotations

from torch import Tensor

from mezzotint.lab.layers.convolution import depthwise
from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "HCFSSNet",
    "frequency",
    "Hybrid Convolution and Frequency State Space Network for Image Compression",
    2025,
    scaled_down="the frequency modulation only: a depthwise 3x3 convolution stands in place of the state-space scans;"
    " nothing of the hyperprior",
)


@MIXERS.register("hcfss_dct", SOURCE)
class HCFSSDCT(FrequencyModulation):
    """``hcfss_dct(window=8, squeeze=4)`` on (B, C, H, W). Starts near the identity.

    Reach: the window and one cell of the convolution before it.
    """

    def __init__(self, channels: int, window: int = 8, squeeze: int = 4) -> None:
        super().__init__(channels, window, squeeze)
        self.reach, self.aligned = window, window
        self.local = depthwise(channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(self.local(x))
