# SPDX-License-Identifier: Apache-2.0
"""Loads by path what the tests of lossless coding share (tests are no package)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def scenes(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """Small pictures of every kind."""
    return load_module(Path(__file__).with_name("scenes.py"), "lossless_scenes")


@pytest.fixture(scope="session")
def twin(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """The plain decoder."""
    return load_module(Path(__file__).with_name("plain.py"), "lossless_plain")
