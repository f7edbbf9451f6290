# SPDX-License-Identifier: Apache-2.0
"""Symbols that a frozen model really makes at each scale index, counted on photos; they sharpen the y tables."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from mezzotint.entropy import TableSet
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.export.graphs import restrained_round
from mezzotint.lab.layers.phases import merge_phases, split_phases
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.priors.factorized import REACH
from mezzotint.lab.priors.logistic import INDEX_COUNT
from mezzotint.lab.priors.tables import REACH_MAX, y_tables
from mezzotint.runtime import guess
from mezzotint.runtime.latents import prices


@torch.no_grad()
def symbol_counts(frozen: Codec, crops: Crops, batches: int) -> Tensor:
    """(64, 2 REACH_MAX + 1) counts over random crops at random qualities."""
    counts = torch.zeros(INDEX_COUNT, 2 * REACH_MAX + 1)
    generator = torch.Generator().manual_seed(0)
    plain = y_tables()
    tables = TableSet.from_arrays(plain.frequencies, plain.lengths, plain.minima, escape=True)
    price = torch.from_numpy(prices(tables))
    for i in tqdm(range(batches), desc="counting symbols", unit="batch"):
        x = crops.at(i).cpu()
        quality = torch.randint(0, 4096, (len(x),), generator=generator)
        y = frozen.analysis(x, quality)
        z_hat = frozen.hyper_analysis(y / frozen.step(quality)).round().clamp(-REACH, REACH)
        features = frozen.hyper_synthesis(z_hat, quality)
        steps, worth = frozen.steps(features, quality), frozen.worth(quality)
        phases = split_phases(y)
        guessed = split_phases(price[_guess(frozen, y, z_hat, quality)])
        coded: list[Tensor] = []

        def quantise(
            k: int, mean: Tensor, phases=phases, guessed=guessed, steps=steps, worth=worth, coded=coded
        ) -> Tensor:  # type: ignore[no-untyped-def]
            margin = guessed[k] / (2 * worth * steps[k].square())
            coded.append(restrained_round((phases[k] - mean) / steps[k], margin))
            return mean + coded[k] * steps[k]

        frozen.context(features, quantise)
        symbols = merge_phases(coded)
        index = frozen.index(z_hat, symbols, quality).round().long()
        cell = index * counts.shape[1] + symbols.long().clamp(-REACH_MAX, REACH_MAX) + REACH_MAX
        counts.view(-1).add_(torch.bincount(cell.flatten(), minlength=counts.numel()))
    return counts


def _guess(frozen: Codec, y: Tensor, z_hat: Tensor, quality: Tensor) -> Tensor:
    """The tables (B, M, h, w) by which the codec prices symbols that it has not found yet (runtime/guess.py)."""
    if frozen.scale_context is None:
        return frozen.scale_map(z_hat, quality).round().long()
    step = frozen.step(quality).numpy()
    sizes = [guess.symbols(one, scale) for one, scale in zip(y.numpy(), step, strict=True)]
    return frozen.index(z_hat, torch.from_numpy(np.stack(sizes)), quality).round().long()
