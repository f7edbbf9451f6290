# SPDX-License-Identifier: Apache-2.0
"""ViT-VQGAN: a ViT makes one token a patch on a low unit sphere; a causal transformer predicts them for the coder.

    pixels --- ViT --- y --- 16 dimensions, unit length --- nearest of 1024 codes --- tokens in raster order
                                                                                         |
    pixels --- ViT --- y_hat --- codes --- tokens --- coder --- table <--- transformer on the tokens before

"Vector-quantized Image Modeling with Improved VQGAN" (Yu et al., ICLR 2022). There the transformer makes pictures; here
it codes them, which is the same likelihood spent otherwise. Tokenizer and prior learn in the same steps, the prior on
the tokens as they are. The trap: one codebook, so one rate. And decoding is serial: as many small steps as a window has
tokens, all windows of a picture side by side.
"""

from __future__ import annotations

import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.models.tokens import TokenCodec, begin_on_sphere
from mezzotint.lab.models.vit import VitAnalysis, VitSynthesis
from mezzotint.lab.quantizers.vq_normalised import NormalisedVQ
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.token_image import TokenImage
from mezzotint.lab.train.even import even_run

SOURCE = Source(
    "ViT-VQGAN",
    "tokens",
    "Vector-quantized Image Modeling with Improved VQGAN",
    2022,
    "squared error alone: no discriminator, no perceptual and logit-Laplace losses; two blocks of 128 channels a side"
    " beside a DCT shortcut; patches of 16 pixels, not 8; 1024 codes of 16 dimensions, not 8192 of 32; windows of 256"
    " pixels",
)
BEGIN = 16  # batches that the codebook begins with


@SYSTEMS.register("vit_vqgan", SOURCE)
class VitVqgan(TokenImage):
    """``vit_vqgan(codes=1024, prior="raster", width=16, channels=128, depth=2)``: ``prior`` is a token prior.

    ``width`` is the dimension of the look-up; ``channels`` and ``depth`` are those of the ViT on either side.
    """

    def __init__(
        self,
        start: Start,
        codes: int = 1024,
        prior: str = "raster",
        width: int = 16,
        channels: int = 128,
        depth: int = 2,
    ) -> None:
        analysis = VitAnalysis(start.rows, start.spread, channels, depth, heads=4)
        synthesis = VitSynthesis(start.rows, start.spread, channels, depth, heads=4)
        codec = TokenCodec(analysis, [NormalisedVQ(CHANNELS, codes, width)], synthesis, prior)
        super().__init__("vit_vqgan", codec, (codes,))

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        begin_on_sphere(
            self.codec.quantizers[0], self.codec.gathered(crops.at(step) for step in range(BEGIN))
        )
        even_run(self.codec, crops, steps, seed)
