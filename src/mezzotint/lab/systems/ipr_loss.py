# SPDX-License-Identifier: Apache-2.0
"""IPR loss: a pixel codec whose loss holds what a frozen recogniser sees of the picture, beside the squared error.

    pixels --- DCT and two blocks --- y --- hyperprior --- y_hat --- two blocks and DCT --- pixels
       |                                                                                   |
       +--- frozen classifier --------------- distance, in training only ------------------+

"Identity Preserving Loss for Learned Image Compression" (Xiao et al., CVPRW 2022). Theirs recognises faces; ours
tells made textures apart (data/labelled.py), trained first on batches of the same crops, and stands in no file. Both
losses are trained on tiles with textures. The trap: the codec pleases the network that it was trained with; the judge
is another, which it never saw.
"""

from __future__ import annotations

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import CLASSES, Labelled, Painted
from mezzotint.lab.models.classifier import LAYERS, ConvClassifier
from mezzotint.lab.models.framed import CHANNELS, Framed, Start, transforms
from mezzotint.lab.models.preserving import Preserving
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.image import ImageSystem
from mezzotint.lab.train import classify
from mezzotint.lab.train.short import short_run

SOURCE = Source(
    "IPR-Loss",
    "training loss",
    "Identity Preserving Loss for Learned Image Compression",
    2022,
    "no faces: made textures over photos, and a recogniser of 0.3 million weights; the plain skeleton as codec;"
    " one dial for all rates",
)


@SYSTEMS.register("ipr_loss", SOURCE)
class IprLoss(ImageSystem):
    """``ipr_loss(weight=100.0, depth=2, mixer=..., prior=...)``: the weight of so many layers; 0 for none."""

    qualities = (0, 400, 900, 1500, 2500)  # low ones: above them the tiles are read as if they were whole

    def __init__(
        self,
        start: Start,
        weight: float = 100.0,
        depth: int = 2,
        mixer: str = "depthwise",
        prior: str = "hyperprior(width=64)",
    ) -> None:
        analysis, synthesis = transforms(start, mixer)
        super().__init__("ipr_loss", Framed(analysis, PRIORS.build(prior, CHANNELS), synthesis))
        if weight < 0 or not 1 <= depth <= LAYERS:
            raise ValueError(f"weight={weight}, depth={depth}: choose 0 or more, and 1 to {LAYERS} layers")
        self.weight, self.depth = weight, depth
        self._critics: list[ConvClassifier] = []  # in a list: no file needs it

    @property
    def critic(self) -> ConvClassifier:
        """The frozen classifier of the last `learn`."""
        return self._critics[-1]

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """The critic first, two batches of tiles a step; then the codec."""
        critic = ConvClassifier(len(CLASSES))
        classify.fit(critic, classify.of_tiles(crops, seed), 2 * steps, seed)
        self._critics = [critic]
        both = Preserving(self.framed, critic, self.weight, self.depth)
        short_run(both, Painted(Labelled(crops, seed)), steps, seed)
        self.eval()
