# SPDX-License-Identifier: Apache-2.0
"""RawJPEG-Adapter against JPEG of the light itself, and of the light under a fixed gamma, at equal bytes.

Command:  mzt-lab systems --only rawjpeg_adapter --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores
Result:   results/lab/systems.jsonl, row RawJPEG-Adapter

PSNR is of linear light, 65535 being its peak, on light made from held-out photos (data/linear.py). Direct JPEG is of
the light rounded to 8 bits, which is kinder to it than cutting the low byte off. The maps are trained on light, where
shadows weigh little; what that costs where they are seen is among the figures.
"""

from __future__ import annotations

import math

import numpy as np

from mezzotint.evaluate.bdrate import bd_quality, bd_rate
from mezzotint.lab.data.linear import WHITE, linear_picture
from mezzotint.lab.systems import System
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict
from mezzotint.lab.systems.rawjpeg_adapter import Light, RawJpegAdapter, packed, unmapped

GAMMA = "power(22)"
SEEN = 1 / 2.2  # the power of light that eyes and screens go by, nearly


def curve(system: System, lights: list[Light], exponent: float = 1.0) -> Curve:
    """Mean bits a pixel and mean PSNR of light to a power at each quality, of real files."""
    points = []
    for quality in system.qualities:
        files = [system.compress(light, quality) for light in lights]
        bits = [8 * len(f) / (light.size / 3) for f, light in zip(files, lights, strict=True)]
        found = [psnr(system.decompress(f), light, exponent) for f, light in zip(files, lights, strict=True)]
        points.append((float(np.mean(bits)), float(np.mean(found))))
    return tuple(points)


def psnr(found: Light, light: Light, exponent: float = 1.0) -> float:
    """Of light to a power, its peak being 1, dB."""
    a, b = ((x / WHITE) ** exponent for x in (found, light))
    return -10 * math.log10(max(float(np.mean((a - b) ** 2)), 1e-19))


def judge(trial: Trial) -> Verdict:
    """BD-PSNR over direct JPEG; BD-rates; what the comment costs; and the error of the maps alone."""
    assert isinstance(trial.on, RawJpegAdapter) and trial.off is not None
    lights = [linear_picture(picture, seed) for seed, picture in enumerate(trial.pictures)]
    on, off, gamma = (curve(s, lights) for s in (trial.on, trial.off, RawJpegAdapter(GAMMA)))
    seen_on, seen_off, seen_gamma = (
        curve(s, lights, SEEN) for s in (trial.on, trial.off, RawJpegAdapter(GAMMA))
    )
    middle = trial.on.qualities[2]
    maps = [trial.on.mapped(light, middle) for light in lights]
    lost = [
        np.abs(unmapped(*m).astype(np.int64) - light).max() for m, light in zip(maps, lights, strict=True)
    ]
    comment = float(np.mean([12 + len(packed(note)) for _, note in maps]))
    figures = (
        Figure("BD-rate against direct JPEG", bd_rate(off, on), "%"),
        Figure("BD-rate against JPEG under a gamma of 2.2", bd_rate(gamma, on), "%"),
        Figure("BD-rate of that gamma against direct JPEG", bd_rate(off, gamma), "%"),
        Figure("BD-PSNR over direct JPEG, of light as it is seen", bd_quality(seen_off, seen_on), "dB"),
        Figure("BD-PSNR over the gamma, of light as it is seen", bd_quality(seen_gamma, seen_on), "dB"),
        Figure("comment", comment, "bytes"),
        Figure("largest error of the maps alone, without JPEG", float(max(lost)), "steps of 16 bits"),
    )
    return Verdict("BD-PSNR over direct JPEG, dB", bd_quality(off, on), 0.0, False, figures)


RECIPE = Published(
    on="rawjpeg_adapter",
    off="rawjpeg_adapter(maps='')",
    claim="An ordinary JPEG keeps linear light better at equal bytes behind maps steered for the picture",
    judge=judge,
)
