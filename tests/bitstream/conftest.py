# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py by path: tests are no package, so a sibling cannot be imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def hostile(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """The builder of hostile files, regenerate.py."""
    return load_module(Path(__file__).with_name("regenerate.py"), "hostile")
