# SPDX-License-Identifier: Apache-2.0
"""Start a larger model from a smaller one, computing the same: what was learned is kept, what is new begins as nothing.

Net2Net (Chen, Goodfellow, Shlens, ICLR 2016) for our shapes: a deeper stack gets blocks whose last layer is zero, a
wider layer gets new outputs as they would start anyway, and old outputs do not see new inputs at first. Only the linear
shortcut departs from it: new channels of y begin as further coefficients of its DCT, so that they carry something.
"""

from __future__ import annotations

import re
from dataclasses import replace

import torch
from torch import Tensor

from mezzotint.lab.models.codec import Codec, CodecConfig

_NEW_BLOCK_END = re.compile(r"\.\d+\.down\.(weight|bias)$")
_KEEPS_ITS_START = "shortcut"


@torch.no_grad()
def grow(small: dict[str, Tensor], config: CodecConfig, model: Codec) -> None:
    """Fill ``model`` from the weights of a model of ``config``; ValueError when that one is not the smaller."""
    _refuse_what_shrinks(config, model.config)
    before, after = config.channels, model.config.channels
    for name, target in model.state_dict().items():
        if name not in small:
            if _NEW_BLOCK_END.search(name):
                target.zero_()
            continue
        source = small[name].to(target.dtype)
        if any(a > b for a, b in zip(source.shape, target.shape, strict=True)):
            raise ValueError(f"'{name}' is larger in the smaller model: grow from another one")
        places = [torch.arange(n) for n in source.shape]
        if target.ndim > 1:
            places[1] = _inputs(name, source.shape[1], before, after)
            new_inputs = name.endswith(".weight") and target.shape[1] > source.shape[1]
            if new_inputs and _KEEPS_ITS_START not in name:
                target[: source.shape[0]] = 0
        target[torch.meshgrid(*places, indexing="ij")] = source


def _inputs(name: str, count: int, before: int, after: int) -> Tensor:
    """Where the inputs of a weight lie in the larger one; some layers read several runs of y's channels in a row."""
    if name == "hyper_analysis.stem.weight" or re.fullmatch(r"context\.steps\.[123]\.up\.weight", name):
        runs = [torch.arange(before) + i * after for i in (0, 1)]
        return torch.cat([*runs, torch.arange(count - 2 * before) + 2 * after])
    return torch.arange(count)


def _refuse_what_shrinks(small: CodecConfig, large: CodecConfig) -> None:
    """New may be: depths of the transforms, the last group of y with its context, element steps, scale context."""
    fits = replace(
        large,
        groups=(*large.groups[:-1], small.groups[-1]),
        context_hidden=(*large.context_hidden[:-1], small.context_hidden[-1]),
        element_step=small.element_step,
        scale_context=small.scale_context,  # its outer weights start at zero
        analysis=replace(
            large.analysis, fine_depth=small.analysis.fine_depth, coarse_depth=small.analysis.coarse_depth
        ),
        synthesis=replace(
            large.synthesis, fine_depth=small.synthesis.fine_depth, coarse_depth=small.synthesis.coarse_depth
        ),
    )
    if fits != small:
        raise ValueError(
            "the weights are of a model of another shape: only depths, the last group of y, element steps and a scale"
            " context can be new"
        )
