# SPDX-License-Identifier: Apache-2.0
"""Drafts of the codec half, made with the default model or the tiny one."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from mezzotint import bundle as bundles
from mezzotint.runtime import encode, pictures
from mezzotint.runtime.effort import Draft
from mezzotint.runtime.latents import open_model


@pytest.fixture(scope="session")
def tiny(load_module, root):
    """The hand-made model's module again, which the lab's other tests call something else."""
    return load_module(root / "tests" / "bundle" / "tiny.py", "mezzotint_tests_tiny")


@pytest.fixture(scope="session")
def default():
    return open_model(bundles.default(), 1)


@pytest.fixture(scope="session")
def draft():
    """(pixels, quality 0..4095, model, tile_log2) -> Draft"""

    def make(pixels, quality, model, tile_log2=10) -> Draft:
        caught = []

        def catch(found: Draft):
            caught.append(found)
            return found.latents

        encode.encode_picture(pictures.from_array(pixels), quality, model, tile_log2, refine=catch)
        return caught[0]

    return make
