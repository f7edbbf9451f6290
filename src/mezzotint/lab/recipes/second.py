# SPDX-License-Identifier: Apache-2.0
"""The first model grown: deeper on both sides, 384 channels of y, so that the curve keeps rising above 1.5 bpp.

Command:  mzt-lab train second --photos PHOTOS --out trained/second --from runs/weights/first.safetensors
Machine:  2 CPU cores with bf16 (AVX-512), 0.5 s a step or less when they are idle
Result:   1,800 of its steps (--steps 1800): validation loss 10.92 on rounded symbols, the first model has 11.18
"""

from mezzotint.lab.models.codec import CodecConfig
from mezzotint.lab.models.transform import TransformConfig
from mezzotint.lab.train.recipe import Recipe, Schedule

RECIPE = Recipe(
    name="second",
    schedule=Schedule(steps=8000),
    config=CodecConfig(
        groups=(32, 96, 256),
        context_hidden=(48, 72, 96),
        analysis=TransformConfig(fine_depth=6, coarse_depth=9),
        synthesis=TransformConfig(fine_depth=4, coarse_depth=6),
    ),
)
