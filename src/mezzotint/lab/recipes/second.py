# SPDX-License-Identifier: Apache-2.0
"""The first model grown: deeper on both sides, 384 channels of y, so that the curve keeps rising above 1.5 bpp.

Command:  runs/second.sh PHOTOS KODAK   (mzt-lab train second, as two processes by torchrun)
Machine:  2 CPU cores with bf16 (AVX-512), 0.45 s a step as two processes of one thread
Result:   validation loss 10.92 after 1,800 steps, then 10.61 after 7,400 more with --from and --steps 7400 (the first
          model has 11.18); Kodak BD-rate -51.4 % against JPEG, +6.6 % AVIF speed 4 4:4:4. Shipped.
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
