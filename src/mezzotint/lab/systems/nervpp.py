# SPDX-License-Identifier: Apache-2.0
"""NeRV++: a clip is the weights of a small network, separable residual blocks round each upsampler, a bilinear skip.

    clip --- fit --- network --- tune under rounding --- whole weights --- counted tables, entropy coder
                                                              |
    clip --- t -> MLP -> [separable | upsample | separable, + bilinear skip] x 5 -> frame t

"NERV++: An Enhanced Implicit Neural Video Representation" (Ghorbel, Hamidouche and Morin, 2024). Nothing is learned
before a clip comes; the budget is that of a clip: ``steps`` of Adam on two frames each, then ``tuning`` more with
rounded weights. A quality is a width. The trap: the claim is about PSNR a byte of weights, so the curve must count the
few weights that the separable blocks add.
"""

from __future__ import annotations

from mezzotint.lab.models.framed import Start
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.clip import ClipSystem, Design
from mezzotint.lab.train.fit_clip import ClipFit

SOURCE = Source(
    "NeRV++",
    "overfitted",
    "NERV++: An Enhanced Implicit Neural Video Representation",
    2024,
    "networks of 4,000 to 30,000 weights for clips of a few small frames, where the paper has millions for whole"
    " videos; a thousand steps; six bits a weight by rounding in the loop, no pruning",
)


@SYSTEMS.register("nervpp", SOURCE)
def nervpp(start: Start, block: str = "separable_up", steps: int = 24, tuning: int = 12) -> ClipSystem:
    """``nervpp(block="separable_up", steps=24, tuning=12)``; with ``plain_up`` it is NeRV."""
    return ClipSystem("nervpp", Design(block, "counted"), ClipFit(steps, tuning, "pixels", 0.0))
