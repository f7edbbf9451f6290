# SPDX-License-Identifier: Apache-2.0
"""The codec that parts are compared in: the flagship's training graph, small, with any mixer in its blocks at 1/16.

        pixels --- DCT 16x16 ------------------------------------------------------------------ + --- y
           \\                                                                                    /
            8x8 patches - 1x1 - one depthwise block at 1/8 - Haar down - DEPTH MetaBlocks at 1/16 - 1x1 (zero at first)

The synthesis mirrors it; quality dial, hyper path, context and bits are the flagship's (`models.codec`). All mixers get
the same number of multiply-accumulates: what one does not spend itself goes to the hidden width of the MLPs beside it,
so that a block costs BLOCK_KMAC on a picture of 768x512, within TOLERANCE. The trap is that picture: an attention over
all of it costs less on the smaller crops of training, and more on a larger one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.metablock import metastack, mixers_of
from mezzotint.lab.models.transform import TransformConfig

HEIGHT, WIDTH = 512, 768  # of the picture that costs are counted on
DEPTH = 2  # blocks at 1/16 on each side: one round of a cycle of two
BLOCK_KMAC = 1.0  # thousand multiply-accumulates a pixel
TOLERANCE = 0.01  # of a block's, from hidden widths in steps of HIDDEN_STEP
HIDDEN_STEP = 4
HIDDEN_LEAST = 32

_TRANSFORM = TransformConfig(
    fine=64, fine_hidden=64, fine_depth=1, coarse=128, coarse_hidden=1, coarse_depth=0
)  # the coarse blocks are put in below
CONFIG = CodecConfig(
    groups=(32, 64, 96),
    context_hidden=(32, 48, 48),
    hyper_channels=48,
    hyper_width=96,
    features=64,
    anchors=5,
    z_banks=4,
    analysis=_TRANSFORM,
    synthesis=_TRANSFORM,
)


@dataclass(frozen=True)
class Costs:
    """Of a whole skeleton: analysis and synthesis on one picture, and the parameters of everything."""

    kmac_px: float
    parameters: int


def hidden_width(spec: str) -> int:
    """Of the MLPs beside these mixers; ValueError where the mixers leave less than HIDDEN_LEAST."""
    channels = CONFIG.analysis.coarse
    x = torch.zeros(1, channels, HEIGHT // 16, WIDTH // 16)
    spent = sum(count(MIXERS.build(mixer, channels), x).macs for mixer in mixers_of(spec, DEPTH))
    left = DEPTH * BLOCK_KMAC * 1000 * HEIGHT * WIDTH - spent
    hidden = left / (DEPTH * 3 * channels * x[0, 0].numel())
    if hidden < HIDDEN_LEAST:
        raise ValueError(
            f"'{spec}' costs {spent / DEPTH / HEIGHT / WIDTH / 1000:.2f} of the {BLOCK_KMAC} kMAC/px of a block and"
            f" leaves its MLP fewer than {HIDDEN_LEAST} channels: give it cheaper options"
        )
    return round(hidden / HIDDEN_STEP) * HIDDEN_STEP


def skeleton(spec: str, rows: Tensor, spread: Tensor) -> Codec:
    """The codec with these mixers; ``rows`` (M, 768), ``spread`` (M,) as for `Codec`. ValueError as `hidden_width`."""
    hidden = hidden_width(spec)
    codec = Codec(CONFIG, rows, spread)
    for side in (codec.analysis, codec.synthesis):
        side.coarse = metastack(DEPTH, CONFIG.analysis.coarse, hidden, spec)
    return codec


def costs(codec: Codec) -> Costs:
    quality = torch.zeros(1)
    pixels, y = torch.zeros(1, 3, HEIGHT, WIDTH), torch.zeros(1, CONFIG.channels, HEIGHT // 16, WIDTH // 16)
    macs = count(codec.analysis, pixels, quality).macs + count(codec.synthesis, y, quality).macs
    return Costs(macs / (1000 * HEIGHT * WIDTH), sum(p.numel() for p in codec.parameters()))
