# SPDX-License-Identifier: Apache-2.0
"""The start-up check: another constriction that codes differently must not be used silently."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mezzotint.entropy import ans
from mezzotint.errors import MezzotintError


@pytest.fixture
def fresh():
    ans._library.cache_clear()
    yield
    ans._library.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_other_words_are_an_error_that_names_the_remedy(monkeypatch):
    monkeypatch.setattr(ans, "CHECK_WORDS", (*ans.CHECK_WORDS[:-1], ans.CHECK_WORDS[-1] ^ 1))
    with pytest.raises(MezzotintError, match=r"codes other words.*constriction>=0.5,<0.6"):
        ans.Stack()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("error", [AttributeError, TypeError, ValueError])
def test_changed_calls_are_the_same_error(monkeypatch, error):
    def broken(*_):
        raise error("renamed")

    monkeypatch.setattr(ans, "_model", broken)
    with pytest.raises(MezzotintError, match="codes other words"):
        ans.make_model(np.array([1, (1 << 24) - 1], np.uint32))


def test_importing_the_package_does_not_load_constriction():
    script = "import sys, mezzotint.entropy; sys.exit('constriction' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
