# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py by path: tests are no package, so a sibling cannot be imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def hostile() -> ModuleType:
    """The builder of hostile files, regenerate.py."""
    spec = importlib.util.spec_from_file_location("hostile", Path(__file__).with_name("regenerate.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
