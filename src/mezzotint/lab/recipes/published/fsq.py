# SPDX-License-Identifier: Apache-2.0
"""Finite scalar quantisation against scalar rounding without bounds, under the same entropy model.

Command:  mzt-lab systems --only fsq --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row FSQ
"""

from __future__ import annotations

import math

import numpy as np
import torch

from mezzotint.lab.models.finite import BoundedDigits, FiniteCodec
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.image import padded


def judge(trial: Trial) -> Verdict:
    """BD-rate; how much of the implicit codebook held-out pictures use, and what a token costs of what it may."""
    found = by_rate(trial)
    codec: FiniteCodec = trial.on.codec  # type: ignore[attr-defined]
    last = len(codec.sent) - 1
    lowest, highest = _used(codec, trial, 0), _used(codec, trial, last)
    codes = math.prod(codec.rounding.levels)
    tokens = sum(len(tokens) for tokens in highest)
    coded = sum(8 * len(chunk) for p in trial.pictures for chunk in codec.encode(_x(p), last))
    figures = (
        Figure("codes used by the first token, lowest quality", 100 * _share(lowest[0], codes), "%"),
        Figure("codes used by the first token, highest quality", 100 * _share(highest[0], codes), "%"),
        Figure("codes used by the last token, highest quality", 100 * _share(highest[-1], codes), "%"),
        Figure("codes used by all tokens, highest quality", 100 * _share(torch.cat(highest), codes), "%"),
        Figure("coded, highest quality", coded / tokens, "bits a token"),
        Figure("without entropy coding", math.log2(codes), "bits a token"),
    )
    return Verdict(found.measure, found.on, found.off, found.less_is_better, figures)


def _used(codec: FiniteCodec, trial: Trial, level: int) -> list[torch.Tensor]:
    """Indices on all pictures, a tensor for each token of a cell."""
    rounding = codec.rounding
    assert isinstance(rounding, BoundedDigits)
    maps = [rounding.indices(codec.rounded(_x(picture), level))[0].flatten(1) for picture in trial.pictures]
    return list(torch.cat(maps, 1))


def _share(tokens: torch.Tensor, codes: int) -> float:
    return len(tokens.unique()) / codes


def _x(picture: object) -> torch.Tensor:
    return padded(np.asarray(picture, np.uint8))


RECIPE = Published(
    on="fsq",
    off="fsq(levels=())",
    claim="A few bounded dimensions rounded to a few levels lose nothing that matters and use all their codes",
    judge=judge,
)
