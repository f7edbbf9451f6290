# SPDX-License-Identifier: Apache-2.0
"""The graph of a codec that sends tokens of a few digits: so many tokens a cell at each level, all of one quantizer.

    x --- analysis --- y, 4 channels a token --- * gain --- digits --- grid context --- chunks
                                                               |
                  x_hat --- synthesis --- / gain, by way of the quantizer --- y_hat

Digits are those of finite scalar quantisation, or whole numbers without bound, which is plain scalar rounding: all else
is the same. Gains are learned for each level. The trap: photos differ by far more than a few levels span, so a bounded
digit saturates where they are loud; `begin` finds the gains that miss least, and training moves them little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.quality import QualityVector
from mezzotint.lab.models.codec import Output, lambda_of
from mezzotint.lab.models.tokens import TokenDial
from mezzotint.lab.priors.grid_context import GridContext
from mezzotint.lab.quantizers.fsq import FSQ

WIDEST, NARROWEST = 0.2, 1.6  # gains that a channel may begin with, in units of one over its spread
TRIED = 16  # so many of them


class BoundedDigits(nn.Module):
    """One finite quantizer for every token: y (B, D n, h, w), of unit spread -> digits on 0..L-1, and back."""

    def __init__(self, tokens: int, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels
        self.parts = nn.ModuleList(FSQ(len(levels), levels) for _ in range(tokens))
        for part in self.parts:
            nn.init.dirac_(part.down.weight)
            nn.init.dirac_(part.up.weight)

    def digits(self, y: Tensor) -> Tensor:
        """The number of which a token's digit is the nearest whole one."""
        pairs = zip(self.parts, y.chunk(len(self.parts), 1), strict=True)
        return torch.cat(
            [(part.counts - 1) / 2 * (torch.tanh(part.down(rows)) + 1) for part, rows in pairs], 1
        )

    def values(self, digits: Tensor) -> Tensor:
        pairs = zip(self.parts, digits.chunk(len(self.parts), 1), strict=True)
        return torch.cat([part.up(2 * rows / (part.counts - 1) - 1) for part, rows in pairs], 1)

    def indices(self, digits: Tensor) -> Tensor:
        """The first tokens' digits (B, D n, h, w) -> (B, n, h, w) indices into the implicit codebook."""
        pairs = zip(self.parts, digits.long().split(len(self.levels), 1), strict=False)
        return torch.cat([part.index_of(rows) for part, rows in pairs], 1)


class WholeDigits(nn.Module):
    """Scalar rounding under the same contract: a digit is a number of steps."""

    levels: tuple[int, ...] = ()

    def digits(self, y: Tensor) -> Tensor:
        return y

    def values(self, digits: Tensor) -> Tensor:
        return digits


class FiniteCodec(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64, and a level from 0 -> Output.

    ``tokens`` sent at each level, rising; ``gains`` (levels, C), by which y is multiplied at first.
    """

    def __init__(
        self,
        analysis: nn.Module,
        synthesis: nn.Module,
        digits: BoundedDigits | WholeDigits,
        prior: GridContext,
        tokens: tuple[int, ...],
        gains: Tensor,
    ) -> None:
        super().__init__()
        self.analysis, self.rounding, self.prior, self.synthesis = analysis, digits, prior, synthesis
        self.sent, self.dial = tokens, TokenDial(len(tokens))
        self.gain = QualityVector(prior.channels, len(tokens), gains)
        self.back = QualityVector(prior.channels, len(tokens), 1 / gains)

    def forward(self, x: Tensor, level: int) -> Output:
        coded = self.prior(self.digits(x, level), self._groups(level))
        x_hat = self.picture(coded.y_hat, level)
        return Output(x_hat, coded.bits, torch.zeros_like(coded.bits))

    def digits(self, x: Tensor, level: int) -> Tensor:
        """(B, C, h, w), not rounded."""
        dial = self.dial(len(x), level)
        found: Tensor = self.rounding.digits(self.analysis(x, dial).float() * self.gain(dial))
        return found

    def picture(self, digits: Tensor, level: int) -> Tensor:
        """Whole digits -> x_hat; channels of tokens that were not sent count as zero."""
        dial = self.dial(len(digits), level)
        values = self.rounding.values(digits) * self.back(dial)
        sent = torch.arange(values.shape[1]) < self.prior.size * self.sent[level]
        x_hat: Tensor = self.synthesis(values * sent[:, None, None], dial)
        return x_hat

    @torch.no_grad()
    def begin(self, batches: Iterable[Tensor]) -> None:
        """Start gains, and the way back, on what misses the channels of these pictures least, at every level alike."""
        y = torch.cat([self.analysis(x, self.dial(len(x), 0)).float() for x in batches])
        spread = y.square().mean((0, 2, 3), keepdim=True).sqrt().clamp_min(1e-6)
        least = torch.full_like(spread, torch.inf)
        gain, back = torch.ones_like(spread), torch.ones_like(spread)
        for factor in torch.linspace(WIDEST, NARROWEST, TRIED):
            values = self.rounding.values(self.rounding.digits(y * factor / spread).round())
            scale = (y * values).mean((0, 2, 3), keepdim=True) / values.square().mean((0, 2, 3), keepdim=True)
            scale = torch.nan_to_num(scale).clamp_min(1e-6)
            missed = (y - scale * values).square().mean((0, 2, 3), keepdim=True)
            better = missed < least
            least = torch.where(better, missed, least)
            gain, back = torch.where(better, factor / spread, gain), torch.where(better, scale, back)
        self.gain.log2.copy_(torch.log2(gain.flatten()).expand_as(self.gain.log2))
        self.back.log2.copy_(torch.log2(back.flatten()).expand_as(self.back.log2))

    def _groups(self, level: int) -> Tensor:
        return torch.tensor(self.sent[level])

    @torch.no_grad()
    def rounded(self, x: Tensor, level: int) -> Tensor:
        """What is sent: whole digits (B, D tokens, h, w)."""
        digits: Tensor = self.prior(self.digits(x, level), self._groups(level)).y_hat
        return digits[:, : self.prior.size * self.sent[level]]

    @torch.no_grad()
    def rebuilt(self, x: Tensor, level: int) -> Tensor:
        return self.picture(self.prior(self.digits(x, level), self._groups(level)).y_hat, level)

    @torch.no_grad()
    def encode(self, x: Tensor, level: int) -> tuple[bytes, ...]:
        return self.prior.compress(self.digits(x, level), self._groups(level))

    @torch.no_grad()
    def decode(self, chunks: Sequence[bytes], level: int, height: int, width: int) -> Tensor:
        """Chunks of a picture of ``height`` x ``width`` cells -> what `rebuilt` gives; errors of the prior."""
        digits = self.prior.decompress(chunks, height, width, self._groups(level))
        return self.picture(digits, level)


def scalar_gains(qualities: Tensor, channels: int) -> Tensor:
    """(levels, channels): one over an orthonormal uniform quantiser's step at each quality's slope, see framed.py."""
    step = (26 / lambda_of(qualities)).sqrt() / 255
    return (1 / step)[:, None].expand(-1, channels)
