# SPDX-License-Identifier: Apache-2.0
"""Shallow-NTC's two-layer decoder, with annealed latents, against the skeleton's deep one behind the same analysis.

Command:  mzt-lab systems --only shallow_ntc --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row Shallow-NTC

The one-layer decoder is trained here, on the same crops for as many steps. Multiply-accumulates are counted in the
synthesis, and in all that a decoder runs for a picture: the hyperprior's half, too. The trap: a deep decoder learns
slowly, so that a short run flatters shallow ones; the authors train for 1.8 million steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.evaluate.metrics import psnr
from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.models.skeleton import HEIGHT, WIDTH
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict
from mezzotint.lab.systems.image import ImageSystem

ONE_LAYER = "shallow_ntc(synthesis='one_layer', refine_steps=0)"


def kmac_synthesis(system: ImageSystem) -> float:
    """Of the synthesis, a pixel of a picture of 768x512."""
    y = torch.zeros(1, CHANNELS, HEIGHT // 16, WIDTH // 16)
    return count(system.framed.synthesis, y, torch.zeros(1)).macs / (1000 * HEIGHT * WIDTH)


@torch.no_grad()
def kmac_hyper(system: ImageSystem) -> float:
    """Of a hyperprior's decoding half, likewise: its synthesis, and the head that says means and scales."""
    prior = system.framed.prior
    z = torch.zeros(1, prior.side.prior.channels, HEIGHT // 64, WIDTH // 64)
    macs = count(prior.side.synthesis, z).macs + count(prior.head, prior.side.synthesis(z)).macs
    return macs / (1000 * HEIGHT * WIDTH)


@contextmanager
def unrefined(system: ImageSystem) -> Iterator[ImageSystem]:
    """The system without annealing, for a while."""
    steps, system.refine_steps = system.refine_steps, 0
    try:
        yield system
    finally:
        system.refine_steps = steps


def curve(system: ImageSystem, pictures: tuple[np.ndarray, ...]) -> Curve:
    """Mean bits a pixel and mean PSNR of files."""
    points = []
    for quality in system.qualities:
        files = [system.compress(picture, quality) for picture in pictures]
        rates = [8 * len(data) / p[..., 0].size for data, p in zip(files, pictures, strict=True)]
        found = [psnr(p, system.decompress(data)) for data, p in zip(files, pictures, strict=True)]
        points.append((float(np.mean(rates)), float(np.mean(found))))
    return tuple(points)


def one_layer(trial: Trial) -> ImageSystem:
    """Trained as the others were."""
    start = Start(*strongest_rows(trial.crops.photos, CHANNELS, size=trial.crops.size))
    torch.manual_seed(trial.seed)
    system = SYSTEMS.build(ONE_LAYER, start)
    assert isinstance(system, ImageSystem)
    system.learn(trial.crops, trial.steps, trial.seed)
    return system


def judge(trial: Trial) -> Verdict:
    """BD-rate against the deep decoder; what each part of the idea does, and what decoders cost."""
    assert isinstance(trial.on, ImageSystem) and isinstance(trial.off, ImageSystem)
    with unrefined(trial.on) as system:
        plain = curve(system, trial.pictures)
    single = one_layer(trial)
    against_deep = bd_rate(trial.off_curve, trial.on_curve)
    figures = [
        Figure("two layers without refinement, BD-rate against deep", bd_rate(trial.off_curve, plain), "%"),
        Figure(
            "one layer without refinement, BD-rate against deep",
            bd_rate(trial.off_curve, curve(single, trial.pictures)),
            "%",
        ),
        Figure("refinement, BD-rate against none", bd_rate(plain, trial.on_curve), "%"),
    ]
    for name, made in (("deep", trial.off), ("two layers", trial.on), ("one layer", single)):
        figures.append(Figure(f"synthesis, {name}", kmac_synthesis(made), "kMAC/px"))
        figures.append(Figure(f"all of decoding, {name}", kmac_synthesis(made) + kmac_hyper(made), "kMAC/px"))
    return Verdict("BD-rate against the deep decoder, %", against_deep, 0.0, True, tuple(figures))


RECIPE = Published(
    on="shallow_ntc",
    off="shallow_ntc(synthesis='deep', refine_steps=0)",
    claim="A decoder of two layers rivals a deep one where the encoder searches for its latents",
    judge=judge,
)
