# SPDX-License-Identifier: Apache-2.0
"""One file a published system: RECIPE says what is compared with what; the docstring command, machine, time, result."""

from __future__ import annotations

import importlib
import pkgutil

from mezzotint.lab.systems.claims import Published


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def find(name: str) -> Published:
    """The recipe in ``recipes/published/NAME.py``; ValueError lists the known ones."""
    if name not in names():
        raise ValueError(f"unknown system '{name}'; known: {', '.join(names())}")
    recipe = importlib.import_module(f"{__name__}.{name}").RECIPE
    assert isinstance(recipe, Published)
    return recipe
