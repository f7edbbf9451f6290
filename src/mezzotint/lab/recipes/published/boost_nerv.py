# SPDX-License-Identifier: Apache-2.0
"""Boost-NeRV against NeRV: conditioned sinusoidal blocks, spectra in the loss and priced weights, or none of them.

Command:  mzt-lab systems --only boost_nerv --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores; 6 s (NeRV) to 13 s (Boost-NeRV) a clip of 8 frames of 96x128 on one of them
Result:   results/lab/systems.jsonl, row Boost-NeRV, on one clip made of the first held-out photo
"""

from __future__ import annotations

from mezzotint.evaluate.bdrate import bd_quality, bd_rate
from mezzotint.lab.data.clips import moving
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict
from mezzotint.lab.systems.clip import ClipSystem, points

QUALITIES, CLIPS = (0, 1, 2), 2


def judge(trial: Trial) -> Verdict:
    """High-band PSNR in as many bytes, as a mean difference; the rate by PSNR, and bits a weight."""
    assert isinstance(trial.on, ClipSystem) and isinstance(trial.off, ClipSystem)
    clips = [moving(picture, seed=trial.seed) for picture in trial.pictures[:CLIPS]]
    on, off = points(trial.on, clips, QUALITIES), points(trial.off, clips, QUALITIES)
    gain = bd_quality([(p.bytes, p.high_psnr) for p in off], [(p.bytes, p.high_psnr) for p in on])
    rate = bd_rate([(p.bytes, p.psnr) for p in off], [(p.bytes, p.psnr) for p in on])
    figures = (
        Figure("BD-rate by PSNR against NeRV", rate, "%"),
        Figure("file a weight", on[1].bits_a_weight, "bits"),
        Figure("file a weight of NeRV", off[1].bits_a_weight, "bits"),
        Figure("high-band PSNR", on[1].high_psnr, "dB"),
        Figure("high-band PSNR of NeRV", off[1].high_psnr, "dB"),
    )
    return Verdict("high-band PSNR of clips over NeRV's in as many bytes, dB", gain, 0.0, False, figures)


RECIPE = Published(
    on="boost_nerv(steps=900, tuning=300)",
    off="boost_nerv(block='plain_up', loss='pixels', tables='counted', price=0.0, steps=900, tuning=300)",
    claim="Blocks conditioned on the frame, spectra in the loss and weights priced as they are coded keep more detail",
    judge=judge,
)
