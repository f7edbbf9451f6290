# SPDX-License-Identifier: Apache-2.0
"""Boost-NeRV: a clip as weights; features conditioned on the frame, spectra in the loss, weights priced as coded.

    clip --- fit (pixels + spectra) --- network --- tune (+ bits of a normal a tensor) --- codes --- the same normals
                                                                                             |
    clip --- t -> MLP -> [upsample, sine, * gain(t) + shift(t)] x 5 -> frame t            entropy coder

"Boosting Neural Representations for Videos with a Conditional Decoder" (Zhang et al., CVPR 2024). Nothing is learned
before a clip comes; the budget is that of a clip, as in nervpp.py. The density that prices weights in training is the
one that codes them: a normal with the mean and the spread of the tensor's own codes. The trap: steps are learned, too,
and a price that is too high rounds whole layers away.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import Start
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.clip import ClipSystem, Design
from mezzotint.lab.train.fit_clip import ClipFit

SOURCE = Source(
    "Boost-NeRV",
    "overfitted",
    "Boosting Neural Representations for Videos with a Conditional Decoder",
    2024,
    "NeRV alone of the networks that the paper boosts, of 4,000 to 30,000 weights for clips of a few small frames; one"
    " affine map a block; no MS-SSIM in the loss; one step a tensor",
)
PRICE = 5e-3  # squared error that a bit a pixel is worth


@SYSTEMS.register("boost_nerv", SOURCE)
def boost_nerv(
    start: Start,
    block: str = "conditional_up",
    loss: str = "frequencies",
    tables: str = "normal",
    price: float = PRICE,
    steps: int = 24,
    tuning: int = 12,
) -> ClipSystem:
    """``boost_nerv(block="conditional_up", loss="frequencies", tables="normal", price=5e-3, steps=24, tuning=12)``.

    With ``plain_up``, ``pixels``, ``counted`` and a price of 0 it is NeRV.
    """
    return ClipSystem("boost_nerv", Design(block, tables), ClipFit(steps, tuning, loss, price))
