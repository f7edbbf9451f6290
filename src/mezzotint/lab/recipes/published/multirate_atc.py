# SPDX-License-Identifier: Apache-2.0
"""MultiRate-ATC against one flat step and probabilities by frequency alone; and against JPEG, one model for all rates.

Command:  mzt-lab systems --only multirate_atc --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores
Result:   results/lab/systems.jsonl, row MultiRate-ATC

JPEG is libjpeg as Pillow has it, with Huffman tables fitted to the picture; its curve is of files of the same pictures.
"Beside the entropy" is what a file holds more than the bits of its tables ask for: head, checksum, the coder's end.
"""

from __future__ import annotations

import math
import time

import numpy as np

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.evaluate.codecs import pillow_codec
from mezzotint.lab.systems import Media
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict
from mezzotint.lab.systems.multirate_atc import MultiRateAtc

JPEG_QUALITIES = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)


def jpeg_curve(pictures: tuple[Media, ...], subsampling: str) -> Curve:
    """Mean bits a pixel and mean PSNR of JPEG files."""
    points = []
    for quality in JPEG_QUALITIES:
        options = (("optimize", True), ("subsampling", subsampling), ("quality", quality))
        files = [pillow_codec.save(picture, "JPEG", options) for picture in pictures]
        rates = [8 * len(data) / p[..., 0].size for data, p in zip(files, pictures, strict=True)]
        errors = [
            np.square(pillow_codec.load(data, "JPEG") - p.astype(np.float64)).mean()
            for data, p in zip(files, pictures, strict=True)
        ]
        psnr = [10 * math.log10(255**2 / error) for error in errors]
        points.append((float(np.mean(rates)), float(np.mean(psnr))))
    return tuple(points)


def beside_entropy(system: MultiRateAtc, pictures: tuple[Media, ...], quality: int) -> float:
    """Percent of the files that the tables' own bits do not account for."""
    spent = sum(8 * len(system.compress(picture, quality)) for picture in pictures)
    return 100 * (spent / sum(system.bits(picture, quality) for picture in pictures) - 1)


def decode_seconds(system: MultiRateAtc, pictures: tuple[Media, ...], quality: int) -> float:
    """A megapixel, on one thread."""
    files = [system.compress(picture, quality) for picture in pictures]
    begun = time.perf_counter()
    for data in files:
        system.decompress(data)
    return (time.perf_counter() - begun) / sum(picture[..., 0].size for picture in pictures) * 1e6


def judge(trial: Trial) -> Verdict:
    """BD-rate against the ablation, with JPEG's curves beside it."""
    assert isinstance(trial.on, MultiRateAtc)
    few, middle = trial.pictures[:4], trial.on.qualities[2]
    figures = [
        Figure(f"BD-rate against JPEG {kind}", bd_rate(jpeg_curve(trial.pictures, kind), trial.on_curve), "%")
        for kind in ("4:2:0", "4:4:4")
    ]
    figures.append(
        Figure(
            "the ablation's against JPEG 4:2:0",
            bd_rate(jpeg_curve(trial.pictures, "4:2:0"), trial.off_curve),
            "%",
        )
    )
    figures.append(Figure("file beside the entropy", beside_entropy(trial.on, few, middle), "%"))
    figures.append(Figure("decoding", decode_seconds(trial.on, few, middle), "s/MP"))
    return Verdict(
        "BD-rate against the ablation, %", bd_rate(trial.off_curve, trial.on_curve), 0.0, True, tuple(figures)
    )


RECIPE = Published(
    on="multirate_atc",
    off="multirate_atc(anchors=0, reach=0)",
    claim="Steps and probabilities that are learned and conditioned on the rate save rate on a DCT, at all rates",
    judge=judge,
)
