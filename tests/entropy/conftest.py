# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py by path (tests are no package), and turns its plain tables into those of the fast coder."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mezzotint.entropy import Table, TableSet
from mezzotint.entropy.reference import PlainTable


@pytest.fixture(scope="session")
def golden() -> ModuleType:
    """The builder of golden tables and words."""
    spec = importlib.util.spec_from_file_location("golden_words", Path(__file__).with_name("regenerate.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fast() -> Callable[[Sequence[PlainTable]], TableSet]:
    """Plain tables -> a table set."""

    def convert(tables: Sequence[PlainTable]) -> TableSet:
        return TableSet(tuple(Table(t.minimum, np.array(t.frequencies, np.uint32), t.escape) for t in tables))

    return convert
