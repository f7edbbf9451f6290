# SPDX-License-Identifier: Apache-2.0
"""FTIC against itself with windows of one shape, a plain MLP and a plain hyperprior.

Command:  mzt-lab systems --only ftic --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row FTIC
"""

from mezzotint.lab.systems.claims import Published, by_rate

RECIPE = Published(
    on="ftic",
    off="ftic(mixer='swin(shift=0) | swin()', prior='hyperprior(width=64)')",
    claim="Windows of four shapes, a gate on the FFT and a transformer over channel slices save rate",
    judge=by_rate,
)
