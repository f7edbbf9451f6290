# SPDX-License-Identifier: Apache-2.0
"""FlashFFTConv: a long convolution as Monarch matrix products, leaving out the blocks that are known to be zero.

"FlashFFTConv: Efficient Convolutions for Long Sequences with Tensor Cores", ICLR 2024, section 3. The picture in raster
order, with a gap of zeros behind each row, is one sequence of P Q cells, on which a circular convolution is the padded
two-dimensional one. Its Fourier transform is two products with a twiddle. Skipped are the blocks of padding, the half
of the spectrum that real input repeats, and, with ``keep`` below 1, the high bands of the filter. The trap: P and Q are
odd, or the band at 1/2 would be its own mirror image and skipping it lopsided.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.monarch import Complex, conjugate_transpose, product, times, turns
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FlashFFTConv",
    "fourier",
    "FlashFFTConv: Efficient Convolutions for Long Sequences with Tensor Cores",
    2024,
    scaled_down="the algorithm, in plain products: kernel fusion is the runtime's; filters of 31 x 31 cells",
)


@MIXERS.register("flash_fft_conv", SOURCE)
class FlashFFTConv(nn.Module):
    """``flash_fft_conv(kernel=31, keep=1.0)`` on (B, C, H, W); P >= H + r, Q >= W + r cells, r = kernel // 2.

    ``keep`` is the share of the frequencies of each axis. Reach: r; with bands left out, the whole picture.
    """

    def __init__(self, channels: int, kernel: int = 31, keep: float = 1.0) -> None:
        super().__init__()
        if kernel < 1 or kernel % 2 == 0 or not 0 < keep <= 1:
            raise ValueError(f"kernel {kernel}, keep {keep}: an odd kernel, and a share above 0 and up to 1")
        self.radius, self.keep = kernel // 2, keep
        self.reach, self.aligned = (self.radius if keep == 1 else None), 1
        self.kernel = nn.Parameter(torch.randn(channels, kernel, kernel) * (0.1 / kernel))
        self.skip = nn.Parameter(torch.ones(channels, 1, 1))  # the filter's own tap at 0, in every band

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        r = self.radius
        p, q = ((n + r) // 2 * 2 + 1 for n in (h, w))
        k1, k2 = self.frequencies(p, q, x.device)
        rows, columns, taps = (torch.arange(n, device=x.device) for n in (h, w, 2 * r + 1))
        over_rows, twist, over_columns = factors(k1, k2, rows, columns, (p, q))
        z = over_rows[0] @ x, over_rows[1] @ x  # (B, C, K1, W)
        z = product(times(z, twist), over_columns)  # (B, C, K1, K2)

        # The filter slides unmirrored, so its spectrum is conjugated: its taps sit at r, r - 1, ... -r.
        f_rows, f_twist, f_columns = factors(k1, k2, r - taps, r - taps, (p, q))
        f = f_rows[0] @ self.kernel, f_rows[1] @ self.kernel
        z = times(z, product(times(f, f_twist), f_columns))

        z = product(z, conjugate_transpose(over_columns))  # (B, C, K1, W)
        z = times(z, (twist[0], -twist[1]))
        twice = torch.where(k1 > 0, 2.0, 1.0)[:, None] / (p * q)  # a row stands for its mirror image too
        back = conjugate_transpose((over_rows[0] * twice, over_rows[1] * twice))
        return self.skip * x + back[0] @ z[0] - back[1] @ z[1]

    def frequencies(self, p: int, q: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """The k1 and k2 that are computed: 0..M of the rows' half spectrum, and -M..M of the columns'."""
        m1, m2 = int(self.keep * (p // 2)), int(self.keep * (q // 2))
        return torch.arange(m1 + 1, device=device), torch.arange(-m2, m2 + 1, device=device)


def factors(
    k1: Tensor, k2: Tensor, rows: Tensor, columns: Tensor, size: tuple[int, int]
) -> tuple[Complex, Complex, Complex]:
    """Transform of the rows (K1, H), twiddle (K1, W) and transform of the columns (W, K2) of a P x Q sequence."""
    p, q = size
    return turns(k1, rows, p), turns(k1, columns, p * q), turns(columns, k2, q)
