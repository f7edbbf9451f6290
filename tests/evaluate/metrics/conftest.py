# SPDX-License-Identifier: Apache-2.0
"""Loads pairs.py by path: tests are no package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def pairs(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """The builder of pairs of pictures."""
    return load_module(Path(__file__).with_name("pairs.py"), "mezzotint_tests_pairs")
