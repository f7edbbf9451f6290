# SPDX-License-Identifier: Apache-2.0
"""NeRV++ against NeRV: separable residual blocks and a bilinear skip round each upsampler, or the upsampler alone.

Command:  mzt-lab systems --only nervpp --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores; 6 s (NeRV) to 13 s (NeRV++) a clip of 8 frames of 96x128 on one of them
Result:   results/lab/systems.jsonl, row NeRV++, on one clip made of the first held-out photo
"""

from __future__ import annotations

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.lab.data.clips import moving
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict
from mezzotint.lab.systems.clip import ClipSystem, Point, points

QUALITIES, CLIPS = (0, 1, 2), 2


def judge(trial: Trial) -> Verdict:
    """BD-rate of whole files by PSNR; PSNR a byte and a weight's bits at the middle size."""
    assert isinstance(trial.on, ClipSystem) and isinstance(trial.off, ClipSystem)
    clips = [moving(picture, seed=trial.seed) for picture in trial.pictures[:CLIPS]]
    on, off = points(trial.on, clips, QUALITIES), points(trial.off, clips, QUALITIES)
    rate = bd_rate([(p.bytes, p.psnr) for p in off], [(p.bytes, p.psnr) for p in on])
    figures = (*_figures("", on[1]), *_figures(" of NeRV", off[1]))
    return Verdict("BD-rate of clips against NeRV, %", rate, 0.0, True, figures)


def _figures(of: str, point: Point) -> tuple[Figure, ...]:
    return (
        Figure(f"file{of}", point.bytes, "bytes"),
        Figure(f"PSNR{of}", point.psnr, "dB"),
        Figure(f"PSNR a kilobyte{of}", 1000 * point.psnr / point.bytes, "dB/kB"),
        Figure(f"file a weight{of}", point.bits_a_weight, "bits"),
    )


RECIPE = Published(
    on="nervpp(steps=900, tuning=300)",
    off="nervpp(block='plain_up', steps=900, tuning=300)",
    claim="Separable residual blocks round the upsamplers and a bilinear skip give a better picture a byte of weights",
    judge=judge,
)
