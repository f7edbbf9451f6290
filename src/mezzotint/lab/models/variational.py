# SPDX-License-Identifier: Apache-2.0
"""A variational tokenizer of image latents: a few tokens a window, near a Gaussian, in scales of growing counts.

    y, 8x8 cells --- [cells | 32 queries] --- blocks --- mean, variance --- z, 32 tokens --- scales of 1, 3, 8, 16, 32
         \\                                                  /                                            |
          pairs of cells --- linear (principal axes) ------ +                                            z_hat
                                                                                                         |
    y_hat --- linear, and [tokens | 64 queries] --- blocks (zero at first) ------------------------------+

After "3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation" (2024). The
features of a mesh have no order; cells of a picture have, and it is kept: tokens stand in Z-order, where a run of any
length is a compact patch, so that a mean over a run is a coarser picture. The trap: windows of 128
pixels code alone, and a picture is padded to whole ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.lab.layers.growing import GrowingResidual
from mezzotint.lab.layers.rounding import straight_through
from mezzotint.lab.layers.token_windows import Windows
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.tokens import COMMITMENT, TokenDial
from mezzotint.lab.models.variational_tokenizer import SIDE, VariationalTokenizer
from mezzotint.lab.priors.token_tables import Counts

DIVERGENCE = 0.1  # weight of the KL term, nats a number


class VariationalCodec(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64, and a level: scales sent, less one -> Output.

    ``analysis`` and ``synthesis`` as in tokens.py. A chunk a scale, of all windows of the picture.
    """

    def __init__(
        self,
        analysis: nn.Module,
        tokenizer: VariationalTokenizer,
        scales: GrowingResidual,
        synthesis: nn.Module,
    ) -> None:
        super().__init__()
        self.analysis, self.tokenizer, self.scales, self.synthesis = analysis, tokenizer, scales, synthesis
        self.counts = nn.ModuleList(Counts(scales.alphabet) for _ in scales.counts)
        self.dial = TokenDial(len(scales.counts))
        self.register_buffer("order", z_order(SIDE), persistent=False)

    def forward(self, x: Tensor, level: int) -> Output:
        cut = windows_of(*(side // 16 for side in x.shape[2:]))
        mean, log_variance = self.tokenizer.tokens(self.cells(x, cut))
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        indices, prefixes = self.scales(z)
        for counts, index in zip(self.counts, indices, strict=True):
            counts.follow(index)
        z_hat = straight_through(z, prefixes[level])
        missed = sum(F.mse_loss(z, prefix) for prefix in prefixes) / len(prefixes)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        none = x.new_zeros(len(x))
        extra = 0.25 * COMMITMENT * self._share() * missed + DIVERGENCE * divergence
        return Output(self.synthesis(self.map(z_hat, cut), self.dial(len(x), level)), none, none, extra)

    def _share(self) -> Tensor:
        """What an error of one in the mean square of z is in that of y."""
        width, cells = self.tokenizer.shortcut_in.weight.shape
        return self.tokenizer.size.square() * width / cells

    def cells(self, x: Tensor, cut: Windows) -> Tensor:
        """x -> (B * windows, 64, M), in Z-order."""
        y = self.analysis(x, x.new_zeros(len(x))).float()
        return cut.cut(y).flatten(2).transpose(1, 2)[:, self.order]

    def map(self, z_hat: Tensor, cut: Windows) -> Tensor:
        """(B * windows, 32, d) -> y_hat (B, M, h, w)."""
        cells = self.tokenizer.cells(z_hat)[:, self.order.argsort()]
        return cut.join(cells.transpose(1, 2).unflatten(2, (SIDE, SIDE)))

    @torch.no_grad()
    def indices(self, x: Tensor) -> list[Tensor]:
        """x -> (windows, n) of each scale; in evaluation, of the mean."""
        cut = windows_of(*(side // 16 for side in x.shape[2:]))
        indices: list[Tensor] = self.scales(self.tokenizer.tokens(self.cells(x, cut))[0])[0]
        return indices

    @torch.no_grad()
    def pixels(self, indices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Indices of the first scales of a picture of ``height`` x ``width`` cells -> x_hat."""
        y_hat = self.map(self.scales.restore(indices), windows_of(height, width))
        x_hat: Tensor = self.synthesis(y_hat, self.dial(1, len(indices) - 1))
        return x_hat

    def rebuilt(self, x: Tensor, level: int) -> Tensor:
        return self.pixels(self.indices(x)[: level + 1], *(side // 16 for side in x.shape[2:]))

    def encode(self, x: Tensor, level: int) -> tuple[bytes, ...]:
        chunks = []
        for counts, index in zip(self.counts, self.indices(x)[: level + 1], strict=False):
            values = index.flatten().numpy().astype(np.int32)
            chunks.append(entropy.encode(values, np.zeros(values.size, np.uint8), counts.tables()))
        return tuple(chunks)

    def decode(self, chunks: Sequence[bytes], level: int, height: int, width: int) -> Tensor:
        """Chunks of the first level + 1 scales -> what `rebuilt` gives. DamagedFile for others."""
        if len(chunks) != level + 1:
            raise DamagedFile(f"{len(chunks)} chunks of scales, where {level + 1} are read")
        windows = windows_of(height, width).count
        read = []
        for chunk, counts, tokens in zip(chunks, self.counts, self.scales.counts, strict=False):
            places = np.zeros(windows * tokens, np.uint8)
            values = entropy.decode(chunk, places, counts.tables())
            read.append(torch.from_numpy(values).long().view(windows, tokens))
        return self.pixels(read, height, width)

    @torch.no_grad()
    def begin(self, batches: Iterable[Tensor]) -> None:
        """Start the linear path and the codebooks on these pictures."""
        cells = []
        for x in batches:
            cells.append(self.cells(x, windows_of(*(side // 16 for side in x.shape[2:]))))
        self.tokenizer.begin(torch.cat(cells))
        self.scales.train()(self.tokenizer.tokens(torch.cat(cells))[0])

    def settle(self, batches: Iterable[Tensor]) -> None:
        """Count the indices of these pictures, once codebooks move no more."""
        for counts, *found in zip(self.counts, *(self.indices(x) for x in batches), strict=True):
            counts.settle(torch.cat(found))


def windows_of(height: int, width: int) -> Windows:
    """Whole windows over a map of cells."""
    return Windows(height, width, -(-height // SIDE), -(-width // SIDE), SIDE, SIDE)


def z_order(side: int) -> Tensor:
    """(side^2,): the raster number of each place along Morton's curve; ``side`` is a power of two."""
    place, rows, columns = torch.arange(side * side), 0, 0
    for bit in range(side.bit_length() - 1):
        columns = columns | (place >> 2 * bit & 1) << bit
        rows = rows | (place >> 2 * bit + 1 & 1) << bit
    return rows * side + columns
