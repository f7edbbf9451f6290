# SPDX-License-Identifier: Apache-2.0
"""HCFSSNet against itself without band weights, in its transforms and in its hyper path.

Command:  mzt-lab systems --only hcfssnet --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row HCFSSNet
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.dct import window_dct
from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.image import ImageSystem

LOOKED_AT = 2  # pictures


def judge(trial: Trial) -> Verdict:
    """BD-rate of files; how far the learned weights are from 1, and what a layer whose weights are 1 changes."""
    on = cast(ImageSystem, trial.on)
    seen: dict[str, list[tuple[float, float]]] = {"transforms": [], "hyper path": []}
    hooks = []
    for name, module in on.named_modules():
        if isinstance(module, FrequencyModulation):
            facts = seen["hyper path" if ".prior." in name else "transforms"]
            hooks.append(
                module.register_forward_pre_hook(lambda m, x, kept=facts: kept.append(_facts(m, x[0])))
            )
    for picture in trial.pictures[:LOOKED_AT]:
        on.rebuilt(picture, on.qualities[len(on.qualities) // 2])
    for hook in hooks:
        hook.remove()
    figures = [
        Figure(f"mean distance of band weights from 1, {where}", sum(d for d, _ in facts) / len(facts), "")
        for where, facts in seen.items()
    ]
    most = max(change for facts in seen.values() for _, change in facts)
    figures.append(Figure("largest change by unit weights, of the largest value", most, ""))
    return replace(by_rate(trial), figures=tuple(figures))


@torch.no_grad()
def _facts(module: nn.Module, x: Tensor) -> tuple[float, float]:
    """Of a layer and its input: the mean distance of its weights from 1; what it changes where they are set to 1."""
    modulation = cast(FrequencyModulation, module)
    coefficients, _ = window_dct(x, modulation.basis)
    distance = (modulation.weights(coefficients) - 1).abs().mean().item()
    unit = copy.deepcopy(modulation)
    unit._forward_pre_hooks.clear()
    for p in unit.weights.excite.parameters():
        p.zero_()
    return distance, ((unit(x) - x).abs().max() / x.abs().max()).item()


RECIPE = Published(
    on="hcfssnet",
    off="hcfssnet(weightings=0, prior='hcfss(weightings=0, width=64)')",
    claim="Weighting DCT bands by content, in the transforms and in the hyper path, saves rate",
    judge=judge,
)
