# SPDX-License-Identifier: Apache-2.0
"""Rows to report, and a report of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.evaluate.published import kodak_digests
from mezzotint.evaluate.report import Report, assemble

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")


@pytest.fixture(scope="session")
def fake(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """fake_rows.py."""
    return load_module(Path(__file__).with_name("fake_rows.py"), "mezzotint_tests_fake_rows")


@pytest.fixture(scope="session")
def usual(fake: ModuleType) -> Report:
    """The report over the usual rows, against JPEG."""
    return assemble(fake.usual(), about=fake.about())


@pytest.fixture(scope="session")
def kodak(fake: ModuleType) -> Report:
    """The same as if the images were those of Kodak."""
    return assemble(fake.kodak(fake.usual(), kodak_digests()), about=fake.about())
