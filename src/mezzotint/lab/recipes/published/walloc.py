# SPDX-License-Identifier: Apache-2.0
"""WaLLoC against itself on plain phases of pixels, and a classifier on its latents against one on fewer pixels.

Command:  mzt-lab systems --only walloc --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row WaLLoC

Classifiers learn from TRAINED tiles. Those on cells are one network, given latents at the middle quality, all or the
strongest quarter, or tiles shrunk to as many numbers; "by convolutions" is given such tiles as pictures. Times are
the processor's, of the networks and of the whole way to the file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.data.labelled import CLASSES, SIDE, Labelled, Labels, cut, join
from mezzotint.lab.models.classifier import CellClassifier, ConvClassifier
from mezzotint.lab.models.framed import CHANNELS, Start, transforms
from mezzotint.lab.systems import task
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.walloc import Walloc
from mezzotint.lab.train import classify

TRAINED = 3200  # tiles
STEPS = 600  # of a classifier, BATCH tiles each
MEGAPIXEL = 1024  # pixels a side
RUNS = 3  # of which the least time is taken


def judge(trial: Trial) -> Verdict:
    """BD-rate of files; shares of held-out tiles that classifiers get right; times to encode."""
    on, off = cast(Walloc, trial.on), cast(Walloc, trial.off)
    train = Labelled(trial.crops, trial.seed).draw(TRAINED)
    tests = task.judged_tiles(trial.pictures)
    x, asked = train.x, tests.x
    told, heard = on_files(on, train, tests)
    plain, simple = on_files(off, train, tests)
    few = CHANNELS // 4  # those of the largest variance come first
    shares = {
        "on latents": on_cells(told, heard, train, tests),
        "on latents without packets": on_cells(plain, simple, train, tests),
        "on as many pixels": on_cells(blocks(shrunk(x, 2)), blocks(shrunk(asked, 2)), train, tests),
        "on as many pixels, by convolutions": by_convolutions(x, asked, 2, train, tests),
        "on a quarter of the latents": on_cells(told[:, :few], heard[:, :few], train, tests),
        "on as few pixels": on_cells(blocks(shrunk(x, 4)), blocks(shrunk(asked, 4)), train, tests),
        "on as few pixels, by convolutions": by_convolutions(x, asked, 4, train, tests),
    }
    figures = [Figure(f"accuracy {name}", 100 * share, "%") for name, share in shares.items()]
    error = classify.standard_error(shares["on latents"], len(tests.classes))
    figures.append(Figure("standard error of an accuracy", 100 * error, "points"))
    return replace(by_rate(trial), figures=(*figures, *times(on)))


def shrunk(x: Tensor, factor: int) -> Tensor:
    """Tiles with fewer numbers: each side over ``factor``."""
    return F.interpolate(x, scale_factor=1 / factor, mode="bicubic", antialias=True)


def blocks(x: Tensor) -> Tensor:
    """Pixels in cells as latents have them, 4 x 4 a tile."""
    return F.pixel_unshuffle(x, x.shape[2] * 16 // SIDE)


def on_files(system: Walloc, train: Labels, tests: Labels) -> tuple[Tensor, Tensor]:
    """Latents of all tiles at the middle quality, (N, M, 4, 4): to learn from, and of real files to be asked about."""
    quality = system.qualities[len(system.qualities) // 2]
    sheets = join(train.x, task.ACROSS)
    learned = cut(classify.asked(lambda x: system.seen(x, quality), sheets), task.ACROSS)
    files = [system.compress(sheet, quality) for sheet in task.sheets(tests)]
    return learned, cut(torch.cat([system.latents(file) for file in files]), task.ACROSS)


def on_cells(learned: Tensor, asked: Tensor, train: Labels, tests: Labels) -> float:
    """Share of right answers, from ``learned`` and ``asked`` (N, numbers, 4, 4)."""
    scale = learned.std((0, 2, 3), keepdim=True).clamp_min(1e-3)
    torch.manual_seed(0)
    model = CellClassifier(learned.shape[1], len(CLASSES))
    return _share(model, learned / scale, asked / scale, train, tests)


def by_convolutions(x: Tensor, asked: Tensor, factor: int, train: Labels, tests: Labels) -> float:
    torch.manual_seed(0)
    return _share(ConvClassifier(len(CLASSES)), shrunk(x, factor), shrunk(asked, factor), train, tests)


def _share(model: nn.Module, learned: Tensor, asked: Tensor, train: Labels, tests: Labels) -> float:
    def batch(step: int) -> tuple[Tensor, Tensor]:
        chosen = torch.from_numpy(np.random.default_rng(step).integers(0, len(learned), classify.BATCH))
        return learned[chosen], train.classes[chosen]

    classify.fit(model, batch, STEPS, 0)
    return classify.accuracy(model, asked, tests.classes)


def times(system: Walloc) -> tuple[Figure, ...]:
    """Of the networks that encode, the skeleton's beside ours, and of the whole encoder."""
    x = torch.zeros(1, 3, MEGAPIXEL, MEGAPIXEL)
    skeleton = transforms(Start(torch.zeros(CHANNELS, 768), torch.ones(CHANNELS)), "depthwise")[0]
    picture = np.random.default_rng(0).integers(0, 256, (MEGAPIXEL, MEGAPIXEL, 3), np.uint8)
    quality = system.qualities[len(system.qualities) // 2]
    taken = {
        "network that encodes": spent(lambda: system.codec.analysis(x)),
        "network that encodes, of the plain skeleton": spent(lambda: skeleton(x, torch.zeros(1))),
        "network that decodes": spent(lambda: system.codec.pixels(system.seen(x, quality), torch.zeros(1))),
        "whole encoder, of noise": spent(lambda: system.compress(picture, quality)),
    }
    return tuple(Figure(name, 1000 * seconds, "ms/MP") for name, seconds in taken.items())


@torch.no_grad()
def spent(call: Callable[[], object]) -> float:
    """Processor seconds a megapixel, the least of RUNS."""
    call()
    found = []
    for _ in range(RUNS):
        begun = time.process_time()
        call()
        found.append(time.process_time() - begun)
    return min(found) / (MEGAPIXEL**2 / 1e6)


RECIPE = Published(
    on="walloc",
    off="walloc(packets=0)",
    claim="Between wavelet packets one linear layer encodes well; its latents serve a classifier better than as many"
    " pixels",
    judge=judge,
)
