# SPDX-License-Identifier: Apache-2.0
"""VAT: a transformer squeezes a window into a few near-Gaussian tokens, sent in scales of ever more of them.

    pixels --- DCT and two blocks --- y --- [cells | queries] --- z --- 1 --- 3 --- 8 --- 16 --- 32 tokens a window
                                                                        |     |     |     |      |
    stream                                                            chunk chunk chunk chunk  chunk, cut anywhere
                                                                        |
    pixels --- DCT and two blocks --- y_hat --- [tokens | queries] --- z_hat of the scales that came

"3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation" (Zhang et al., 2024),
ported from meshes to image latents. A quality is the number of scales; the stream of a lower one is the beginning of
that of a higher one, but for its head. The trap: `decompress` refuses a cut stream as damaged, as everywhere; whoever
wants what came so far asks for `prefix`, and nothing can tell that its head or its last whole scale is undamaged.
"""

from __future__ import annotations

import torch

from mezzotint.errors import DamagedFile, TruncatedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.growing import GrowingResidual
from mezzotint.lab.models.framed import Start, transforms
from mezzotint.lab.models.variational import VariationalCodec
from mezzotint.lab.models.variational_tokenizer import TOKENS, VariationalTokenizer
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.begun import begun
from mezzotint.lab.systems.image import Pixels
from mezzotint.lab.systems.still import reading
from mezzotint.lab.systems.token_image import TokenImage, cells_of
from mezzotint.lab.train.even import even_run

SOURCE = Source(
    "VAT",
    "tokens",
    "3D representation in 512-Byte: Variational tokenizer is the key for autoregressive 3D generation",
    2024,
    "of pictures, not of meshes: no triplane, no autoregressive generation; tokens keep the order of their cells and a"
    " linear path goes beside the transformer; scales repeat tokens where the paper interpolates; five scales of 256"
    " codes each, with codebooks of their own",
)
BEGIN, COUNT = 16, 8  # batches that the codebooks begin with, and that the final histograms are counted on


@SYSTEMS.register("vat", SOURCE)
class Vat(TokenImage):
    """``vat(counts=(1, 3, 8, 16, 32), codes=256, width=64, channels=128, depth=2, mixer="depthwise")``.

    ``counts``: tokens of each scale for a window of 128 x 128 pixels, 1 to 32. ``width`` is that of a token,
    ``channels`` and ``depth`` are the transformers'.
    """

    def __init__(
        self,
        start: Start,
        counts: tuple[int, ...] = (1, 3, 8, 16, 32),
        codes: int = 256,
        width: int = 64,
        channels: int = 128,
        depth: int = 2,
        mixer: str = "depthwise",
    ) -> None:
        analysis, synthesis = transforms(start, mixer)
        tokenizer = VariationalTokenizer(start.spread, width, channels, depth)
        scales = GrowingResidual(TOKENS, counts, codes, width)
        codec = VariationalCodec(analysis, tokenizer, scales, synthesis)
        super().__init__("vat", codec, tuple(range(1, len(counts) + 1)))

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.codec.begin(crops.at(step) for step in range(BEGIN))
        even_run(self.codec, crops, steps, seed, range(len(self.qualities)))
        self.codec.settle(crops.at(step) for step in range(COUNT))

    @reading
    def prefix(self, data: bytes) -> Pixels:
        """The picture of the scales that are whole in a stream that ends too early, or of all of a whole one.

        TruncatedFile where not even the first scale came; else errors as `decompress`.
        """
        found, promised = begun(data, self.name, stream.identity(self))
        if found.quality not in self.qualities or promised != found.quality:
            raise DamagedFile(f"{promised} scales in a stream of quality {found.quality}")
        if not found.chunks:
            raise TruncatedFile("the stream ends inside its first scale")
        x_hat = self.codec.decode(found.chunks, len(found.chunks) - 1, *cells_of(found.shape))
        return self.cut(x_hat, found.shape)
