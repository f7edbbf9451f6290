# SPDX-License-Identifier: Apache-2.0
"""The first model of all qualities: DCT shortcut, convolution blocks, four-step means, integer scale map.

Command:  runs/first.sh PHOTOS KODAK   (or mzt-lab train first --photos PHOTOS --out trained/first)
Machine:  2 CPU cores without bf16 (AVX2), about 0.6 s a step alone: one hour
Result:   validation loss 15.2; Kodak BD-rate about -46 % against JPEG. Shipped: 1,350 steps more with --from and
          --steps 1350, validation loss 15.1, -47.6 % (results/kodak.json)
"""

from mezzotint.lab.train.recipe import Recipe, Schedule

RECIPE = Recipe(name="first", schedule=Schedule(steps=5800))
