# SPDX-License-Identifier: Apache-2.0
"""MLICv2's references against a plain hyperprior round the same transforms; and what each part of it does.

Command:  mzt-lab systems --only mlicv2 --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row MLICv2. Beside the rate: bits of each slice, and how many more they are when a
          part of the trained prior is silent, or gates are another picture's (see priors/ablate.py for what that says);
          what is not sent; what annealing a picture saves, and that its file decodes in the same time
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.priors.ablate import counted, silenced, swapped
from mezzotint.lab.priors.mlicv2 import MlicV2
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.image import ImageSystem, Pixels, check_dial

LOOKED_AT = 4  # pictures whose slices are counted
ANNEALED = 2  # pictures
STEPS = 40  # of annealing
RUNS = 5  # of decoding, of which the median is taken
PARTS = (  # what is asked, of which part of a stage
    ("without channel context", "channel"),
    ("without context between slices", "inter"),
    ("without neighbours", "local"),
    ("without global context", "globe"),
)


def judge(trial: Trial) -> Verdict:
    """BD-rate against the hyperprior, and the figures of the role check."""
    system = trial.on
    assert isinstance(system, ImageSystem)
    quality = system.qualities[len(system.qualities) // 2]
    slices = of_slices(system, trial.pictures[:LOOKED_AT], quality)
    figures = (*slices, *of_annealing(system, trial.pictures[:ANNEALED], quality))
    return replace(by_rate(trial), measure="BD-rate against the hyperprior, %", figures=figures)


def of_slices(system: ImageSystem, pictures: Sequence[Pixels], quality: int) -> Iterator[Figure]:
    """Shares of the slices, what each part does to each of them, and what is not sent. Pictures are of one size."""
    prior = system.framed.prior
    assert isinstance(prior, MlicV2)
    y = torch.cat([system.to_latent(picture, quality)[0] for picture in pictures])
    bits = slice_bits(prior, y)
    for i, share in enumerate(100 * bits / bits.sum()):
        yield Figure(f"slice {i + 1}", float(share), "% of the bits of y")
    for i, stage in enumerate(prior.stages):
        asked = [(name, silenced(getattr(stage, part))) for name, part in PARTS if getattr(stage, part)]
        for name, ablation in (*asked, ("with the gates of another picture", swapped(stage.reweight.up))):
            with ablation:
                more = 100 * (slice_bits(prior, y)[i] / bits[i] - 1)
            yield Figure(f"slice {i + 1} {name}", float(more), "% bits")
    worst = torch.cat([system.to_latent(picture, system.qualities[0])[0] for picture in pictures])
    for where, latents in (("", y), (" at the lowest quality", worst)):
        count = counted(prior, latents)
        yield Figure(f"symbols not sent{where}", 100 * (1 - count.sent / count.symbols), "%")


def slice_bits(prior: MlicV2, y: Tensor) -> np.ndarray:
    """(slices,): both colours of each, over the batch."""
    steps = np.array(counted(prior, y).steps)  # z, then two a slice
    return steps[1:].reshape(-1, 2).sum(1)


@dataclass(frozen=True)
class Coded:
    """Pictures as files, and what they cost."""

    files: list[bytes]
    seconds: float  # of encoding
    error: float  # squared, on three planes of 0..255

    def cost(self, quality: int) -> float:
        """Bits and weighed error, as in training."""
        return 8 * sum(map(len, self.files)) + float(lambda_of(check_dial(quality))) / 3 * self.error


def of_annealing(system: ImageSystem, pictures: Sequence[Pixels], quality: int) -> list[Figure]:
    """What `STEPS` steps of it save and take."""
    plain, annealed = (coded(system, pictures, quality, steps) for steps in (0, STEPS))
    size, fewer = (sum(map(len, kind.files)) for kind in (plain, annealed))
    before, after = decode_seconds(system, plain.files, annealed.files)
    return [
        Figure(f"bytes after {STEPS} steps of annealing", 100 * (fewer / size - 1), "%"),
        Figure("squared error after annealing", 100 * (annealed.error / plain.error - 1), "%"),
        Figure(
            "bits and weighed error after annealing",
            100 * (annealed.cost(quality) / plain.cost(quality) - 1),
            "%",
        ),
        Figure("encode time with annealing", annealed.seconds / plain.seconds, "times"),
        Figure("decode time of annealed files", after / before, "times"),
    ]


def coded(system: ImageSystem, pictures: Sequence[Pixels], quality: int, steps: int) -> Coded:
    """With so many steps of annealing."""
    usual, system.refine_steps = system.refine_steps, steps
    try:
        begun = time.perf_counter()
        files = [system.compress(picture, quality) for picture in pictures]
        seconds = time.perf_counter() - begun
    finally:
        system.refine_steps = usual
    pairs = [(p.astype(np.float64), system.decompress(f)) for p, f in zip(pictures, files, strict=True)]
    return Coded(files, seconds, sum(float(np.square(there - back).sum()) for there, back in pairs))


def decode_seconds(system: ImageSystem, *kinds: list[bytes]) -> list[float]:
    """Of each kind of files, median of RUNS rounds that take turns, so that a busy moment meets both."""
    rounds: list[list[float]] = [[] for _ in kinds]
    for _ in range(RUNS):
        for taken, files in zip(rounds, kinds, strict=True):
            begun = time.perf_counter()
            for data in files:
                system.decompress(data)
            taken.append(time.perf_counter() - begun)
    return [statistics.median(taken) for taken in rounds]


RECIPE = Published(
    on="mlicv2",
    off="mlicv2(prior='hyperprior(width=64)')",
    claim="Channel, local and global references, for the first slice by the hyperprior, save rate",
    judge=judge,
)
