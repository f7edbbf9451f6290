# SPDX-License-Identifier: Apache-2.0
"""The first model of all qualities: DCT shortcut, convolution blocks, four-step means, integer scale map.

Command:  mzt-lab train first --photos PHOTOS --out trained/first
Machine:  2 CPU cores without bf16 (AVX2), about 0.6 s a step alone
"""

from mezzotint.lab.train.recipe import Recipe, Schedule

RECIPE = Recipe(name="first", schedule=Schedule(steps=6500))
