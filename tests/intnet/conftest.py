# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py, and with it plain.py, by path: tests are no package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def golden() -> ModuleType:
    """The builder of golden scale maps."""
    spec = importlib.util.spec_from_file_location(
        "golden_scale_maps", Path(__file__).with_name("regenerate.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plain(golden: ModuleType) -> ModuleType:
    """The scale map in plain Python integers."""
    module: ModuleType = golden.plain
    return module
