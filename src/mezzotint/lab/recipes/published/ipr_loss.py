# SPDX-License-Identifier: Apache-2.0
"""The IPR loss against the squared error alone, by what a network reads in decoded pictures that no codec ever saw.

Command:  mzt-lab systems --only ipr_loss --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row IPR-Loss

The judge is a network of attention, trained here on other textures for UNSEEN_STEPS. A tile is agreed on where the
judge says of the decoded tile what it says of the tile itself, right or wrong. Rates are bits per pixel of whole
files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.data.labelled import CLASSES, Labels
from mezzotint.lab.models.classifier import TokenClassifier
from mezzotint.lab.systems import task
from mezzotint.lab.systems.claims import Curve, Figure, Published, Trial, Verdict
from mezzotint.lab.systems.ipr_loss import IprLoss
from mezzotint.lab.train import classify

UNSEEN_STEPS = 300
UNSEEN_SEED = 77  # of its textures and weights
UNSEEN_RATE = 2e-3


def judge(trial: Trial) -> Verdict:
    """Agreement of the unseen judge at equal rate, in points; rate at equal agreement and distances as figures."""
    on, off = cast(IprLoss, trial.on), cast(IprLoss, trial.off)
    tests = task.judged_tiles(trial.pictures)
    unseen = unseen_judge(trial)
    coded = {name: decoded(system, tests) for name, system in (("with", on), ("without", off))}
    curves = {name: agreement(unseen, tests.x, found) for name, found in coded.items()}
    own = {name: agreement(on.critic, tests.x, found) for name, found in coded.items()}
    figures = [
        Figure(
            "accuracy of the unseen judge, uncoded",
            100 * classify.accuracy(unseen, tests.x, tests.classes),
            "%",
        ),
        Figure(
            "standard error of an agreement", 100 * worst_error(curves["with"], len(tests.classes)), "points"
        ),
        *rate("rate at equal agreement of the unseen judge", curves),
        *rate("rate at equal agreement of the training's own", own),
    ]
    for name, found in coded.items():
        for (bpp, share), (_, tiles) in zip(curves[name], found, strict=True):
            figures += [
                Figure(f"agreement {name} the loss at {bpp:.3f} bpp", 100 * share, "%"),
                Figure(
                    f"embedding distance {name} the loss at {bpp:.3f} bpp",
                    distance(unseen, tests.x, tiles),
                    "",
                ),
            ]
    gained = task.points_at_equal_rate(curves["without"], curves["with"])
    return Verdict("agreement of an unseen judge at equal rate, points", gained, 0.0, False, tuple(figures))


def unseen_judge(trial: Trial) -> TokenClassifier:
    torch.manual_seed(UNSEEN_SEED)
    model = TokenClassifier(len(CLASSES))
    batches = classify.of_tiles(trial.crops, UNSEEN_SEED)
    classify.fit(model, batches, UNSEEN_STEPS, UNSEEN_SEED, UNSEEN_RATE)
    return model


def decoded(system: IprLoss, tests: Labels) -> list[tuple[float, Tensor]]:
    """(bits per pixel of files, tiles as they decode) a quality."""
    sheets, found = task.sheets(tests), []
    for quality in system.qualities:
        files = [system.compress(sheet, quality) for sheet in sheets]
        bits = 8 * sum(map(len, files)) / sum(sheet.shape[0] * sheet.shape[1] for sheet in sheets)
        found.append((bits, task.tiles_of([system.decompress(file) for file in files])))
    return found


def agreement(model: nn.Module, x: Tensor, found: list[tuple[float, Tensor]]) -> Curve:
    """(bits per pixel, share of tiles of which ``model`` says the same)."""
    said = classify.asked(model, x).argmax(1)
    return tuple(
        (bits, (classify.asked(model, tiles).argmax(1) == said).float().mean().item())
        for bits, tiles in found
    )


def distance(model: TokenClassifier, x: Tensor, tiles: Tensor) -> float:
    """One less the cosine between embeddings of tiles and decoded tiles, mean; 0 where they are equal."""
    embed: Callable[[Tensor], Tensor] = model.embed
    return 1 - F.cosine_similarity(classify.asked(embed, x), classify.asked(embed, tiles)).mean().item()


def rate(name: str, curves: dict[str, Curve]) -> list[Figure]:
    found = task.rate_at_equal_share(curves["without"], curves["with"])
    return [] if found is None else [Figure(name, found, "%")]


def worst_error(curve: Curve, count: int) -> float:
    """The largest standard error along a curve."""
    return max(classify.standard_error(share, count) for _, share in curve)


RECIPE = Published(
    on="ipr_loss",
    off="ipr_loss(weight=0.0)",
    claim="A recogniser's features in the loss keep recognition at a lower rate, for unseen networks too",
    judge=judge,
)
