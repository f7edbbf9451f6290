# SPDX-License-Identifier: Apache-2.0
"""FSQ: four bounded dimensions of a few levels each make a token; their product is the codebook, nothing to learn.

    pixels --- DCT and two blocks --- y --- 4 numbers a token --- tanh --- round to 8, 5, 5, 5 levels --- digits
                                                                                                           |
    pixels --- DCT and two blocks --- y_hat --- levels in [-1, 1] --- digits --- coder --- grid context of those before

"Finite Scalar Quantization: VQ-VAE Made Simple" (Mentzer et al., ICLR 2024). A quality is the number of tokens of a
16 x 16 cell, of 1000 codes each; what carries most of the variance goes first. A token's digits are coded one by one,
under means and scales that tokens before and neighbours tell. The trap: with a rate to pay, digits that are rarely
anything but their middle are cheap, and codes go unused that a fixed-rate token would use; both are measured.
"""

from __future__ import annotations

import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.finite import BoundedDigits, FiniteCodec, WholeDigits, scalar_gains
from mezzotint.lab.models.framed import CHANNELS, Start, transforms
from mezzotint.lab.priors.grid_context import GridContext
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.token_image import TokenImage
from mezzotint.lab.train.even import even_run

SOURCE = Source(
    "FSQ",
    "tokens",
    "Finite Scalar Quantization: VQ-VAE Made Simple",
    2024,
    "not MaskGIT nor UViM: a codec of its own; squared error alone; one projection a token, of four channels, in place"
    " of one down from all; an even number of levels lies evenly round zero",
)
STEEPEST = 1200.0  # quality (codec.py) of whose slope the last level is trained; the first is trained at 0
BEGIN = 8  # batches that gains begin with
UNBOUNDED = 4  # dimensions of a token without levels


@SYSTEMS.register("fsq", SOURCE)
class Fsq(TokenImage):
    """``fsq(levels=(8, 5, 5, 5), tokens=(1, 2, 3, 4, 6), mixer="depthwise")``.

    ``levels`` of the dimensions of a token; none, ``()``, for scalar rounding of four without bounds. ``tokens``: how
    many a cell has at each quality, rising.
    """

    def __init__(
        self,
        start: Start,
        levels: tuple[int, ...] = (8, 5, 5, 5),
        tokens: tuple[int, ...] = (1, 2, 3, 4, 6),
        mixer: str = "depthwise",
    ) -> None:
        size = len(levels) or UNBOUNDED
        channels = size * max(tokens, default=0)
        if (
            list(tokens) != sorted(set(tokens))
            or not 1 <= size * min(tokens, default=0) <= channels <= CHANNELS
        ):
            raise ValueError(
                f"tokens={tokens} of {size}: choose numbers that rise, at most {CHANNELS // size}"
            )
        chosen = Start(start.rows[:channels], start.spread[:channels])
        slopes = torch.linspace(0, STEEPEST, len(tokens))
        bounded = (1 / chosen.spread).expand(len(tokens), -1)
        codec = FiniteCodec(
            *transforms(chosen, mixer),
            BoundedDigits(tokens[-1], levels) if levels else WholeDigits(),
            GridContext(channels, size, levels),
            tokens,
            bounded if levels else scalar_gains(slopes, channels),
        )
        super().__init__("fsq", codec, tokens)
        self.slopes = slopes.tolist()

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        if self.codec.rounding.levels:
            self.codec.begin(crops.at(step) for step in range(BEGIN))
        even_run(self.codec, crops, steps, seed, range(len(self.slopes)), slopes=self.slopes)
