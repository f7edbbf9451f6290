# SPDX-License-Identifier: Apache-2.0
"""One file a published system: RECIPE says what is compared with what; the docstring command, machine, time, result."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import torch
from torch import nn

from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.models.parts import Facts
from mezzotint.lab.systems import SYSTEMS, every
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


def facts(family: str | None = None) -> Iterator[Facts]:
    """What `mzt-lab list` shows of systems; what they cost is measured on files, in results/lab/systems.jsonl."""
    every.register()
    start = Start(torch.zeros(CHANNELS, 768), torch.ones(CHANNELS))
    for entry in SYSTEMS.entries():
        source = entry.source
        if family not in (None, source.family):
            continue
        system = entry.build(start)
        learned = sum(p.numel() for p in system.parameters()) if isinstance(system, nn.Module) else 0
        yield Facts(
            kind="system",
            name=entry.name,
            id=source.id,
            family=source.family,
            title=source.title,
            year=source.year,
            reach=None,
            aligned=None,
            parameters=learned,
            kmac_px=None,
            scaled_down=source.scaled_down,
        )


def families() -> set[str]:
    every.register()
    return {entry.source.family for entry in SYSTEMS.entries()}
