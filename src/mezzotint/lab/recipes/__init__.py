# SPDX-License-Identifier: Apache-2.0
"""One file an experiment: its docstring says command, machine, time and expected result; RECIPE is the data."""

from __future__ import annotations

import importlib
import pkgutil

from mezzotint.lab.train.recipe import Recipe


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def find(name: str) -> Recipe:
    """The recipe in ``recipes/NAME.py``; ValueError lists the known ones."""
    if name not in names():
        raise ValueError(f"unknown recipe '{name}'; known: {', '.join(names())}")
    recipe = importlib.import_module(f"{__name__}.{name}").RECIPE
    assert isinstance(recipe, Recipe)
    return recipe
