# SPDX-License-Identifier: Apache-2.0
"""The graph of a codec that sends one token a cell: transforms round a codebook, or round several of several rates.

    x --- analysis --- y --- quantizer of a level --- tokens --- token prior of that level --- chunks
                                                        |
                                                     y_hat --- synthesis, told the level --- x_hat

Levels are the quantizers', fewest codes first; the analysis serves them all. The rate is fixed by the alphabet, so that
training minimises the distortion, what the quantizer asks for, and the bits by which its prior misses the tokens. The
trap: tokens pass no gradient of their bits to the networks, which therefore do not learn to be cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.codebook import Codebook, to_rows
from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.codec import Output
from mezzotint.lab.priors import token_histogram, token_raster  # noqa: F401 - so that they register
from mezzotint.lab.priors.token_tables import TOKEN_PRIORS
from mezzotint.lab.quantizers.vq import VQ
from mezzotint.lab.quantizers.vq_normalised import NormalisedVQ, to_unit

COMMITMENT = (
    1361.0  # 255^2 at the weight of `train.even`, and y has a quarter of x's numbers: both errors in one unit
)
FLATTER = 2.0  # typical latents cover half a radius of the sphere at first: nearly a plane, so a linear way back does

Quantizer = VQ | NormalisedVQ


class TokenDial:
    """A level of so many -> the quality that the synthesis is told, (batch,) in 0..4095."""

    def __init__(self, levels: int) -> None:
        self.step = QUALITY_MAX / max(1, levels - 1)

    def __call__(self, batch: int, level: int) -> Tensor:
        return torch.full((batch,), self.step * level)


class TokenCodec(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64, and a level from 0 -> Output.

    ``analysis``: (x, quality) -> y (B, M, H/16, W/16); ``synthesis``: (y_hat, quality) -> x_hat, both as in framed.py,
    where quality is the level, spread over the dial. ``prior`` is the spec of a token prior.
    """

    def __init__(
        self, analysis: nn.Module, quantizers: Sequence[Quantizer], synthesis: nn.Module, prior: str
    ) -> None:
        super().__init__()
        self.analysis, self.synthesis = analysis, synthesis
        self.quantizers = nn.ModuleList(quantizers)
        self.dial = TokenDial(len(quantizers))
        self.priors = nn.ModuleList(TOKEN_PRIORS.build(prior, *vectors_of(q).shape) for q in quantizers)

    def forward(self, x: Tensor, level: int) -> Output:
        y, quantizer = self.latent(x), self.quantizers[level]
        found = quantizer(y)
        bits = self.priors[level](found.symbols[:, 0], vectors_of(quantizer).detach())
        extra = COMMITMENT * found.loss + bits.sum() / found.symbols.numel()
        none = torch.zeros_like(bits)
        return Output(self.synthesis(found.y_hat, self.dial(len(x), level)), none, none, extra)

    def latent(self, x: Tensor) -> Tensor:
        y: Tensor = self.analysis(x, x.new_zeros(len(x)))
        return y

    @torch.no_grad()
    def tokens(self, x: Tensor, level: int) -> Tensor:
        """(B, H/16, W/16) int64; in evaluation."""
        tokens: Tensor = self.quantizers[level](self.latent(x)).symbols[:, 0]
        return tokens

    @torch.no_grad()
    def pixels(self, tokens: Tensor, level: int) -> Tensor:
        """(B, h, w) -> x_hat (B, 3, 16h, 16w), not clipped."""
        y_hat = self.quantizers[level].dequantise(tokens[:, None])
        x_hat: Tensor = self.synthesis(y_hat, self.dial(len(tokens), level))
        return x_hat

    def rebuilt(self, x: Tensor, level: int) -> Tensor:
        return self.pixels(self.tokens(x, level), level)

    @torch.no_grad()
    def encode(self, x: Tensor, level: int) -> tuple[bytes, ...]:
        """One picture (1, 3, H, W) -> chunks."""
        chunks: tuple[bytes, ...] = self.priors[level].compress(self.tokens(x, level)[0], self.vectors(level))
        return chunks

    @torch.no_grad()
    def decode(self, chunks: Sequence[bytes], level: int, height: int, width: int) -> Tensor:
        """Chunks of a picture of ``height`` x ``width`` tokens -> what `rebuilt` gives. DamagedFile for others."""
        return self.pixels(self.read(chunks, level, height, width), level)

    def read(self, chunks: Sequence[bytes], level: int, height: int, width: int) -> Tensor:
        """Chunks -> tokens (1, height, width)."""
        tokens: Tensor = self.priors[level].decompress(chunks, height, width, self.vectors(level))
        return tokens[None]

    def vectors(self, level: int) -> Tensor:
        return vectors_of(self.quantizers[level]).detach()

    @torch.no_grad()
    def gathered(self, batches: Iterable[Tensor]) -> Tensor:
        """Rows of y (n, M) of as many pictures as are given: what codebooks begin with."""
        return torch.cat([to_rows(self.latent(x).float()) for x in batches])


def vectors_of(quantizer: Quantizer) -> Tensor:
    """(codes, d), in the space in which the nearest is sought."""
    if isinstance(quantizer, NormalisedVQ):
        return to_unit(quantizer.vectors)
    vectors: Tensor = quantizer.books[0].vectors
    return vectors


@torch.no_grad()
def begin_on_sphere(quantizer: NormalisedVQ, rows: Tensor) -> None:
    """Start the codes on clusters of latents (n, M), strongest channels first, and the maps round them to fit.

    The look-up takes the first d - 1 channels by one factor, so that distances stay those of pixels, and a constant
    beside them, which carries the length that the sphere would lose. The way back is by least squares.
    """
    width = quantizer.vectors.shape[1]
    size = FLATTER * rows[:, : width - 1].square().sum(1).mean().sqrt()
    quantizer.down.weight.zero_()
    quantizer.down.weight[: width - 1, : width - 1, 0, 0] = torch.eye(width - 1) / size
    quantizer.down.bias.copy_(torch.eye(width)[-1])
    looked = to_unit(rows @ quantizer.down.weight[:, :, 0, 0].T + quantizer.down.bias)
    book = Codebook(len(quantizer.vectors), width)
    book.start(looked)
    quantizer.vectors.copy_(book.vectors)
    code = torch.cat([to_unit(book.vectors)[book.nearest(looked)], torch.ones(len(rows), 1)], 1).double()
    gram = code.T @ code + 1e-3 * torch.eye(width + 1, dtype=torch.float64)
    fit = torch.linalg.solve(gram, code.T @ rows.double()).float()  # (d + 1, M)
    quantizer.up.weight.copy_(fit[:-1].T[:, :, None, None])
    quantizer.up.bias.copy_(fit[-1])
