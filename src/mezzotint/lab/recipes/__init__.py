# SPDX-License-Identifier: Apache-2.0
"""One file an experiment: its docstring says command, machine, time and expected result; RECIPE is the data."""

from __future__ import annotations

import importlib
import pkgutil

import torch

from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.parts import Facts
from mezzotint.lab.train.recipe import Recipe


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg)


def find(name: str) -> Recipe:
    """The recipe in ``recipes/NAME.py``; ValueError lists the known ones."""
    if name not in names():
        raise ValueError(f"unknown recipe '{name}'; known: {', '.join(names())}")
    recipe = importlib.import_module(f"{__name__}.{name}").RECIPE
    assert isinstance(recipe, Recipe)
    return recipe


def facts(name: str) -> Facts:
    """What `mzt-lab list` shows of a recipe: the first line of its file, and the cost of its whole model, both ways."""
    config = find(name).config
    said = importlib.import_module(f"{__name__}.{name}").__doc__ or ""
    model = Codec(config, torch.zeros(config.channels, 768), torch.ones(config.channels)).eval()
    x, quality = torch.zeros(1, 3, 256, 256), torch.zeros(1)
    cost = count(model, x, quality)
    return Facts(
        kind="recipe",
        name=name,
        id=name,
        family="",
        title=said.strip().split("\n")[0],
        year=None,
        reach=None,
        aligned=None,
        parameters=cost.parameters,
        kmac_px=round(cost.macs / (1000 * x[0, 0].numel()), 4),
        scaled_down="",
    )
