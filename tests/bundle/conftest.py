# SPDX-License-Identifier: Apache-2.0
"""The tiny model for the tests of this folder."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.bundle import Bundle


def _tiny() -> ModuleType:
    """tiny.py, imported once for the whole run (test folders are no packages)."""
    name = "mezzotint_tests_tiny"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, Path(__file__).parent.parent / "bundle" / "tiny.py"
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    return _tiny()


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    found: Bundle = _tiny().bundle()
    return found
