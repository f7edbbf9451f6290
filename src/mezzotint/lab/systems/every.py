# SPDX-License-Identifier: Apache-2.0
"""Registers every system: importing all files beside this one, once somebody asks for a system by name."""

from __future__ import annotations

import importlib
import pkgutil

import mezzotint.lab.systems as package


def register() -> None:
    """Import every file of the folder, so that `SYSTEMS` knows all names."""
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
