# SPDX-License-Identifier: Apache-2.0
"""VQGAN-Extreme: indices of one learned codebook, shrunk by k-means for each rate; a transformer infers lost ones.

    pixels --- DCT and two blocks --- y --- codebook of 1024 ----- k-means ----- 512, 128, 32, 8
                                             |                                       |
    stream --- histogram coder --- indices --+--- lost ones: transformer --- y_hat --- two blocks and DCT --- pixels

"Extreme Image Compression using Fine-tuned VQGANs" (Mao et al., DCC 2024). A quality is the number of codes; all lie
below 0.05 bits a pixel. The first half of the steps trains the largest codebook; it is clustered, and the second half
fine-tunes all sizes and the transformer. The trap: a coder's stream is lost as a whole. Which indices are lost is for a
transport to say that sends them in packets, so `restored` takes the mask beside the stream.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.concealment import Concealer
from mezzotint.lab.models.framed import CHANNELS, Start, transforms
from mezzotint.lab.models.tokens import TokenCodec
from mezzotint.lab.quantizers.vq import VQ
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import Pixels
from mezzotint.lab.systems.still import still
from mezzotint.lab.systems.token_image import TokenImage
from mezzotint.lab.train.even import even_run

SOURCE = Source(
    "VQGAN-Extreme",
    "tokens",
    "Extreme Image Compression using Fine-tuned VQGANs",
    2024,
    "no GAN: squared error alone, neither discriminator nor perceptual loss, so none of its texture; two blocks a side"
    " beside a DCT shortcut; 1024 codes at most; a narrow transformer for lost indices",
)
CODES = (8, 32, 128, 512, 1024)
BEGIN, COUNT = 16, 8  # batches that the codebook begins with, and that the final histograms are counted on
LOST_MOST = 0.3  # share of the tokens that training drops at most: some beyond the 20 % of use

Fill = Callable[[Tensor, Tensor, Tensor], Tensor]  # tokens (h, w), lost (h, w), codes (K, M) -> tokens


class Concealed(nn.Module):
    """The codec, and beside its loss that of the concealment of tokens dropped at random."""

    def __init__(self, codec: TokenCodec, concealer: Concealer) -> None:
        super().__init__()
        self.codec, self.concealer = codec, concealer

    def forward(self, x: Tensor, level: int) -> Output:
        found: Output = self.codec(x, level)
        codes = self.codec.vectors(level)
        with torch.no_grad():
            tokens = self.codec.quantizers[level].eval()(self.codec.latent(x)).symbols[:, 0]
            self.codec.quantizers[level].train()
        lost = torch.rand(len(x), 1, *tokens.shape[1:]) < LOST_MOST * torch.rand(len(x), 1, 1, 1)
        guess = self.concealer(codes[tokens].permute(0, 3, 1, 2), lost)
        return found._replace(extra=found.extra + self.concealer.nats(guess, tokens, codes, lost))


@SYSTEMS.register("vqgan_extreme", SOURCE)
class VqganExtreme(TokenImage):
    """``vqgan_extreme(codes=(8, 32, 128, 512, 1024), mixer="depthwise")``: codebook sizes, rising, of the qualities."""

    def __init__(self, start: Start, codes: tuple[int, ...] = CODES, mixer: str = "depthwise") -> None:
        if list(codes) != sorted(set(codes)) or not codes or codes[0] < 1 or codes[-1] > 1 << 15:
            raise ValueError(f"codes={codes}: choose sizes from 1 to 32768 that rise")
        analysis, synthesis = transforms(start, mixer)
        quantizers = [VQ(CHANNELS, size) for size in codes]
        super().__init__("vqgan_extreme", TokenCodec(analysis, quantizers, synthesis, "histogram"), codes)
        self.concealer = Concealer(start.spread)

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        codec, largest = self.codec, len(self.qualities) - 1
        torch.manual_seed(seed)
        codec.quantizers[largest].books[0].start(codec.gathered(crops.at(step) for step in range(BEGIN)))
        half = steps // 2
        even_run(codec, crops, half, seed, (largest,))
        for level, size in enumerate(self.qualities[:-1]):
            codec.quantizers[level] = codec.quantizers[largest].recluster(size)
        even_run(Concealed(codec, self.concealer), crops, steps - half, seed, range(largest + 1), first=half)
        for level, prior in enumerate(codec.priors):  # of codebooks that move no more
            prior.counts.settle(torch.cat([codec.tokens(crops.at(step), level) for step in range(COUNT)]))

    @still
    def restored(self, data: bytes, lost: NDArray[np.bool_], fill: Fill | None = None) -> Pixels:
        """The picture of a stream of whose tokens those in ``lost`` (H/16, W/16) never came.

        Sides are those of the padded picture, multiples of 4. ``fill`` takes the place of the transformer. ValueError
        for a mask of another shape; errors of the stream as `decompress`.
        """
        found, level, rows, columns = self.opened(data)
        tokens = self.codec.read(found.chunks, level, rows, columns)[0]
        if lost.shape != tokens.shape or lost.dtype != bool:
            raise ValueError(f"a mask of {lost.dtype} shaped {lost.shape}: give bool {tuple(tokens.shape)}")
        mask = torch.from_numpy(lost.copy())
        tokens = (fill or self.concealer.fill)(tokens.masked_fill(mask, 0), mask, self.codec.vectors(level))
        return self.cut(self.codec.pixels(tokens[None], level), found.shape)
