# SPDX-License-Identifier: Apache-2.0
"""VQGAN-Extreme's transformer for lost indices against the nearest index that came; bits and fidelity a codebook size.

Command:  mzt-lab systems --only vqgan_extreme --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row VQGAN-Extreme. No LPIPS: its weights are not at hand; MS-SSIM stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from mezzotint.evaluate.metrics import ms_ssim, psnr
from mezzotint.lab.models.concealment import copied, first_code
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict
from mezzotint.lab.systems.image import Pixels, padded
from mezzotint.lab.systems.vqgan_extreme import VqganExtreme

LOST = 0.2  # share of the indices


def judge(trial: Trial) -> Verdict:
    """PSNR at the largest codebook with a fifth of the indices lost: concealed, and filled with the nearest."""
    assert isinstance(trial.on, VqganExtreme)
    system, fills = trial.on, (None, copied, first_code)
    pictures = [np.asarray(picture, np.uint8) for picture in trial.pictures]
    scores = np.zeros((len(fills), 2))
    for seed, picture in enumerate(pictures):
        data = system.compress(picture, system.qualities[-1])
        lost = (
            np.random.default_rng(seed).random(tuple(side // 16 for side in padded(picture).shape[2:])) < LOST
        )
        for row, fill in enumerate(fills):
            scores[row] += _scores(picture, system.restored(data, lost, fill))
    concealed, nearest, zero = scores / len(pictures)
    figures = (
        *_sizes(system, pictures, trial),
        Figure("MS-SSIM, 20 % lost, concealed", concealed[1], ""),
        Figure("MS-SSIM, 20 % lost, nearest index", nearest[1], ""),
        Figure("PSNR, 20 % lost, index 0", zero[0], "dB"),
    )
    return Verdict("PSNR with 20 % of the indices lost, dB", concealed[0], nearest[0], False, figures)


def _sizes(system: VqganExtreme, pictures: list[Pixels], trial: Trial) -> Iterator[Figure]:
    """Bits, PSNR, MS-SSIM and the codes used of each codebook."""
    for level, (codes, (bits, quality)) in enumerate(zip(system.qualities, trial.on_curve, strict=True)):
        similar = [_scores(p, system.rebuilt(p, codes))[1] for p in pictures]
        seen = torch.cat([system.codec.tokens(padded(p), level).flatten() for p in pictures])
        yield Figure(f"{codes} codes", bits, "bpp")
        yield Figure(f"{codes} codes, PSNR", quality, "dB")
        yield Figure(f"{codes} codes, MS-SSIM", float(np.mean(similar)), "")
        yield Figure(f"{codes} codes, used", 100 * len(seen.unique()) / codes, "%")


def _scores(picture: Pixels, found: Pixels) -> tuple[float, float]:
    """PSNR, and MS-SSIM or NaN where the picture is too small for it."""
    similar = ms_ssim(picture, found)
    return psnr(picture, found), float("nan") if similar is None else similar


RECIPE = Published(
    on="vqgan_extreme",
    off=None,
    claim="With up to 20 % of the indices lost, a transformer restores the picture from those that came",
    judge=judge,
)
