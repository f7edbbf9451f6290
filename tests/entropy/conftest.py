# SPDX-License-Identifier: Apache-2.0
"""Loads regenerate.py by path (tests are no package), and turns its plain tables into those of the fast coder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mezzotint.entropy import Table, TableSet
from mezzotint.entropy.reference import PlainTable


@pytest.fixture(scope="session")
def golden(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """The builder of golden tables and words."""
    return load_module(Path(__file__).with_name("regenerate.py"), "golden_words")


@pytest.fixture(scope="session")
def fast() -> Callable[[Sequence[PlainTable]], TableSet]:
    """Plain tables -> a table set."""

    def convert(tables: Sequence[PlainTable]) -> TableSet:
        return TableSet(tuple(Table(t.minimum, np.array(t.frequencies, np.uint32), t.escape) for t in tables))

    return convert
