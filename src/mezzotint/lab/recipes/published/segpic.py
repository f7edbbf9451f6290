# SPDX-License-Identifier: Apache-2.0
"""SegPIC against itself without region-adaptive transforms and scale affine layers.

Command:  mzt-lab systems --only segpic --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row SegPIC
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.lab.data import regions
from mezzotint.lab.models.regional import Regional
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.image import ImageSystem, Pixels, check_dial, padded

LOOKED_AT = 4  # pictures, for what costs further passes


def judge(trial: Trial) -> Verdict:
    """BD-rate of files, and what is known of masks: how often coding looked for regions, what true ones would give."""
    on, off = cast(ImageSystem, trial.on), cast(ImageSystem, trial.off)
    pictures = trial.pictures[:LOOKED_AT]
    told, plain = (curve(on, pictures, masks) for masks in (True, False))
    figures = (
        Figure("masks looked for while coding", asked(on, pictures), "times"),
        Figure("chunks of a file", chunks(on, pictures[0]), "chunks"),
        Figure("chunks of a file without the modules", chunks(off, pictures[0]), "chunks"),
        Figure("BD-rate if both ends were told the masks for nothing", bd_rate(plain, told), "%"),
    )
    return replace(by_rate(trial), figures=figures)


def asked(system: ImageSystem, pictures: tuple[Pixels, ...]) -> int:
    """How often coding and decoding look for regions."""
    framed, calls = cast(Regional, system.framed), 0
    source = framed.source

    def counted(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return source(x)

    framed.source = counted
    try:
        for picture in pictures:
            system.decompress(system.compress(picture, system.qualities[0]))
    finally:
        framed.source = source
    return calls


def chunks(system: ImageSystem, picture: Pixels) -> int:
    """In the file of a picture."""
    data = system.compress(picture, system.qualities[0])
    return len(stream.read(data, system.name, stream.identity(system)).chunks)


@torch.no_grad()
def curve(system: ImageSystem, pictures: tuple[Pixels, ...], masks: bool) -> Curve:
    """Estimated bits and PSNR: nobody could decode what is coded with masks."""
    framed = cast(Regional, system.framed)
    points = []
    for quality in system.qualities:
        found = []
        for picture in pictures:
            x = padded(picture)
            out = framed.guided(x, check_dial(quality), regions.felzenszwalb(x) if masks else framed.grid)
            pixels = x[0, 0].numel()
            found.append(torch.stack([out.y_bits[0] / pixels, psnr(x, out.x_hat)]))
        bpp, decibels = torch.stack(found).mean(0).tolist()
        points.append((bpp, decibels))
    return tuple(points)


def psnr(x: Tensor, x_hat: Tensor) -> Tensor:
    return -10 * torch.log10((x - x_hat.clamp(-0.5, 0.5)).square().mean())


RECIPE = Published(
    on="segpic",
    off="segpic(adapt=0, affine=0)",
    claim="Convolutions with kernels made from regions save rate, though no file says where the regions are",
    judge=judge,
)
