# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py, and with it plain.py, by path: tests are no package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def golden(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """The builder of golden scale maps."""
    return load_module(Path(__file__).with_name("regenerate.py"), "golden_scale_maps")


@pytest.fixture(scope="session")
def plain(golden: ModuleType) -> ModuleType:
    """The scale map in plain Python integers."""
    module: ModuleType = golden.plain
    return module
