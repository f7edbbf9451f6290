# SPDX-License-Identifier: Apache-2.0
"""MLICv2: token mixing round slices with local, channel and global references; y annealed for each picture if asked.

    pixels --- DCT and [mix tokens, MLP] x 2 --- y --- anneal y (encoder only) --- hyperprior --- slices, two passes:
                                                                                     |   neighbours, earlier slices,
    pixels --- DCT and [mix tokens, MLP] x 2 ------------------------------------- y_hat      the whole picture

"MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression" (Jiang et al., TOMM 2025). Without
annealing it is the paper's MLICv2, with it MLICv2+: a picture's y is moved to where bits and error are least, by
stochastic Gumbel annealing (models/anneal.py), and the file is read by the same decoder in the same time. Its ablation
is the same transforms round a hyperprior. The trap: `rebuilt` must anneal too, with the same noise, or it would give
another picture than the file.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.anneal import Plan, anneal
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import QUALITIES, ImageSystem, Pixels, check_dial, padded

NAME = "mlicv2"
SOURCE = Source(
    "MLICv2",
    "transform and prior",
    "MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression",
    2025,
    "two mixing blocks a side at 1/16, beside a DCT shortcut, with the convolutions of DCVC-RT inside; four slices; no "
    "position embedding and no loss that guides what is skipped; annealing is an option, and of y alone",
)


class Refining(nn.Module):
    """An `ImageSystem` that anneals y for ``refine_steps`` steps before it is coded, 0 for none.

    ``refine_steps`` is the encoder's alone: it stands in no file, and may be set anew between two pictures.
    """

    media, gives, qualities = "photo", "same", QUALITIES

    def __init__(self, image: ImageSystem, refine_steps: int) -> None:
        super().__init__()
        if refine_steps < 0:
            raise ValueError(f"refine_steps={refine_steps}: choose 0 for none, or more")
        self.image, self.refine_steps = image, refine_steps
        self.name = image.name

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        """See `Framed`."""
        out: Output = self.image(x, quality)
        return out

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        self.image.learn(crops, steps, seed)

    def compress(self, media: Pixels, quality: int) -> bytes:
        chunks = self.image.framed.prior.compress(self.to_latent(media, quality))
        weights = stream.identity(self.image)
        return stream.write(stream.Stream(self.name, weights, quality, media.shape, tuple(chunks)))

    def decompress(self, data: bytes) -> Pixels:
        return self.image.decompress(data)

    @torch.no_grad()
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        y_hat = self.image.framed.prior(self.to_latent(media, quality)).y_hat
        return self.image.to_pixels(y_hat, check_dial(quality), *media.shape[:2])

    def to_latent(self, media: Pixels, quality: int) -> Tensor:
        """Pixels -> what is coded: y in steps (1, M, h, w), annealed if asked."""
        if not self.refine_steps:
            return self.image.to_latent(media, quality)[0]
        x, dial = padded(media), check_dial(quality)
        height, width = media.shape[:2]
        return anneal(self.image.framed, x, dial, Plan(self.refine_steps), (height, width))


@SYSTEMS.register(NAME, SOURCE)
def mlicv2(
    start: Start, mixer: str = "dcvc()", prior: str = "mlicv2(width=64)", refine_steps: int = 0
) -> Refining:
    """``mlicv2(mixer="dcvc()", prior="mlicv2(width=64)", refine_steps=0)``."""
    analysis, synthesis = transforms(start, mixer)
    framed = Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis)
    return Refining(ImageSystem(NAME, framed), refine_steps)
