# SPDX-License-Identifier: Apache-2.0
"""S2LIC's contexts (ACGC) against a plain hyperprior round the same transforms.

Command:  mzt-lab systems --only s2lic --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row S2LIC; beside the rate: decode times of both, and how many files come back
          exactly as the encoder said
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np

from mezzotint.lab.systems import System
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate

TIMED = 4  # pictures
RUNS = 3  # of which the median is taken


def judge(trial: Trial) -> Verdict:
    """BD-rate, with what two passes a slice cost the decoder, and whether files are exact."""
    assert trial.off is not None
    quality = trial.on.qualities[len(trial.on.qualities) // 2]
    files = [(picture, trial.on.compress(picture, quality)) for picture in trial.pictures[:TIMED]]
    exact = [np.array_equal(trial.on.decompress(data), trial.on.rebuilt(p, quality)) for p, data in files]
    on, off = (decode_seconds(system, trial, quality) for system in (trial.on, trial.off))
    figures = (
        Figure("decode with two passes a slice", on, "s/MP"),
        Figure("decode with the hyperprior", off, "s/MP"),
        Figure("decode time against the hyperprior", on / off, "times"),
        Figure("files that come back exactly", 100 * sum(exact) / len(exact), "%"),
    )
    return replace(by_rate(trial), measure="BD-rate against the hyperprior, %", figures=figures)


def decode_seconds(system: System, trial: Trial, quality: int) -> float:
    """For a megapixel, median of RUNS rounds over the first TIMED pictures."""
    pictures = trial.pictures[:TIMED]
    files = [system.compress(picture, quality) for picture in pictures]
    area = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    rounds = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        for data in files:
            system.decompress(data)
        rounds.append(time.perf_counter() - begun)
    return statistics.median(rounds) * 1e6 / area


RECIPE = Published(
    on="s2lic",
    off="s2lic(prior='hyperprior(width=64)')",
    claim="Slices in checkerboards, with channel and deformable attention to the slices before, save rate",
    judge=judge,
)
