# SPDX-License-Identifier: Apache-2.0
"""FTIC's frequency-modulation feed-forward part: behind two pointwise maps, learned weights on the FFT of windows.

"Frequency-Aware Transformer for Learned Image Compression", ICLR 2024, its FM-FFN. What the pointwise maps
give is cut into blocks; each frequency of each channel has its complex weight; the inverse FFT follows. All weights 1
leave a plain feed-forward part. The trap: an FFT over the picture would see all of it; blocks aligned to the picture
keep the reach finite.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.fourier import irfft2, rfft2
from mezzotint.lab.layers.monarch import times
from mezzotint.lab.layers.windows import from_windows, to_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FTIC",
    "frequency",
    "Frequency-Aware Transformer for Learned Image Compression",
    2024,
    scaled_down="the feed-forward part only: the four window shapes of its attention are another mixer; blocks of"
    " 8 cells, where the authors take 16, and twice the channels inside, not four times",
)


@MIXERS.register("ftic_fft", SOURCE)
class FTICFFT(nn.Module):
    """``ftic_fft(window=8, expand=2)`` on (B, C, H, W), E = expand * C hidden channels.

    T = window^2 cells and F = window (window // 2 + 1) frequencies of a block. Reach: the window.
    """

    def __init__(self, channels: int, window: int = 8, expand: int = 2) -> None:
        super().__init__()
        if window < 1 or expand < 1:
            raise ValueError(f"window {window}, expand {expand}: both are at least 1")
        self.reach, self.aligned = window - 1, window
        self.window, hidden = window, expand * channels
        self.up = pointwise(channels, hidden)
        start = torch.tensor([1.0, 0.0])[:, None, None]  # real and imaginary part of the weights
        self.gate = nn.Parameter(start + 0.02 * torch.randn(2, window * (window // 2 + 1), channels))
        forth, back = fourier_matrices(window)
        self.register_buffer("forth", forth, persistent=False)
        self.register_buffer("back", back, persistent=False)
        self.down = pointwise(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.modulate(self.down(F.gelu(self.up(x))))

    def modulate(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same: every frequency of every block times its weight."""
        tokens, grid = to_windows(x, self.window, self.window)  # (B * windows, T, C)
        spectrum = times((self.forth @ tokens).chunk(2, 1), self.gate.unbind(0))  # (B * windows, F, C) each
        return from_windows(self.back @ torch.cat(spectrum, 1), grid)


def fourier_matrices(window: int) -> tuple[Tensor, Tensor]:
    """(2 F, T) and (T, 2 F): `rfft2` and `irfft2` of a block, the F real parts above the F imaginary ones.

    A block is so small that one product with all of it is quicker than two with its rows and columns.
    """
    cells = torch.eye(window * window).reshape(1, -1, window, window)
    forth = torch.cat([part.flatten(2)[0].T for part in rfft2(cells)])
    half = forth.shape[0] // 2
    units = torch.eye(2 * half).reshape(1, 2 * half, 2, window, -1)
    back = irfft2((units[:, :, 0], units[:, :, 1]), window, window)  # (1, 2 F, window, window)
    return forth, back.flatten(2)[0].T
