# SPDX-License-Identifier: Apache-2.0
"""GaussianImage against itself with quantisers put on after the fit instead of tuned in it, at the same steps.

Command:  mzt-lab systems --only gaussian_image --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores, numba; 4 s a picture of 192x192 on one of them
Result:   results/lab/systems.jsonl, row GaussianImage; the plain skeleton of its figures is trained here, for
          PLAIN_STEPS steps of two crops of 128x128
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.models.gaussians import decoded
from mezzotint.lab.systems import Media
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.clip import psnr
from mezzotint.lab.systems.gaussian_image import GaussianImage
from mezzotint.lab.systems.image import ImageSystem
from mezzotint.lab.systems.plain import plain

SIDE = 192  # pixels of the picture that is compared
PLAIN_STEPS, PLAIN_CROP, PLAIN_BATCH = 60, 128, 2
RUNS = 5  # of which the median is taken


def judge(trial: Trial) -> Verdict:
    """BD-rate against quantisation after the fact; bytes, PSNR and decoding time beside the plain skeleton's."""
    assert isinstance(trial.on, GaussianImage)
    picture = np.ascontiguousarray(trial.pictures[0][:SIDE, :SIDE])
    quality = trial.on.qualities[len(trial.on.qualities) // 2]
    data = trial.on.compress(picture, quality)
    back = trial.on.decompress(data)
    coded = trial.on.fitted(picture, quality)
    rendering = _seconds(lambda: decoded(coded, *picture.shape[:2]))
    rival = _plain(trial)
    files = [rival.compress(picture, q) for q in rival.qualities]
    found = [psnr(picture, rival.decompress(file)) for file in files]
    at_bytes = float(np.interp(np.log(len(data)), np.log([len(file) for file in files]), found))
    figures = (
        Figure("file", len(data), "bytes"),
        Figure("PSNR", psnr(picture, back), "dB"),
        Figure("PSNR of the plain skeleton in as many bytes", at_bytes, "dB"),
        Figure("decoding", 1000 * _seconds(lambda: trial.on.decompress(data)), "ms"),
        Figure("decoding of the plain skeleton", 1000 * _seconds(lambda: rival.decompress(files[0])), "ms"),
        Figure("rendering", 1 / rendering, "frames/s"),
    )
    rate = by_rate(trial)
    return Verdict(rate.measure, rate.on, rate.off, rate.less_is_better, figures)


def _plain(trial: Trial) -> ImageSystem:
    """The plain skeleton, trained briefly on the trial's photos."""
    photos: list[torch.Tensor] = trial.crops.photos
    torch.manual_seed(trial.seed)
    rival = plain(Start(*strongest_rows(photos, CHANNELS, 64, PLAIN_CROP)))
    rival.learn(Crops(photos, PLAIN_CROP, PLAIN_BATCH), PLAIN_STEPS, trial.seed)
    return rival


def _seconds(call: Callable[[], Media | torch.Tensor]) -> float:
    """The median of a few calls."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[RUNS // 2]


RECIPE = Published(
    on="gaussian_image(steps=700, tuning=300)",
    off="gaussian_image(steps=1000, tuning=0)",
    claim="Gaussians that are tuned under their quantisers need fewer bits, and a decoder that only sums them is quick",
    judge=judge,
)
