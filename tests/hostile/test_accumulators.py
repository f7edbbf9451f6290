# SPDX-License-Identifier: Apache-2.0
"""A part of row 14, and proof that a sum that does not fit its type is found; harden.py runs it whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attacks import accumulators
from attacks.accumulators.layers import LIMITS, layers
from attacks.accumulators.products import TYPES, products

from mezzotint.bundle import default
from mezzotint.intnet import ops


@pytest.fixture
def quick():
    """Runtimes that are loaded in no time."""
    return products(("numpy", "onnxruntime"))[0]


def test_every_sum_fits_its_type(quick):
    ticks: list[None] = []
    outcome = accumulators.attack(40, 1, lambda: ticks.append(None), quick)
    assert outcome.faults == ()
    assert outcome.wrong == 0
    assert len(ticks) == 40
    assert set(outcome.bounds) >= {"default", "tiny", "context"}
    for rows in outcome.bounds.values():
        for figures in rows.values():
            assert 0 < figures["largest_seen"] <= figures["bound"] < figures["limit"]


def test_both_float_types_are_in_use(quick):
    """Or one of the two limits would never be held against anything."""
    rows = accumulators.attack(4, 2, ways=quick).bounds["default"]
    assert rows["scale product"]["types"] == ["float32"]
    assert rows["context outer product"]["types"] == ["float64"]


def test_a_type_that_is_too_narrow_is_wrong(quick, monkeypatch):
    """The codec takes float32 for a product that may need more; these latents alone would not show it."""
    monkeypatch.setitem(ops.FLOAT_LIMIT, "float32", 1 << 40)
    outcome = accumulators.attack(4, 3, ways=quick)
    bound = outcome.bounds["default"]["context outer product"]["bound"]
    assert outcome.faults == (f"default, context outer product: {bound} does not fit float32",)
    assert bound >= LIMITS["float32"]


def test_a_product_that_rounds_is_wrong():
    def rounding(weight, x):
        return weight @ x.astype(np.float16).astype(x.dtype) + 1

    outcome = accumulators.attack(4, 4, ways={("half", "float32"): rounding})
    assert outcome.wrong > 0
    assert "half in float32 differs from int64" in outcome.faults[0]


def test_a_claim_of_the_codec_is_checked(quick, monkeypatch):
    from attacks.accumulators import bench

    smaller = [replace(layer, bound=layer.bound // 4) for layer in layers(default())]
    monkeypatch.setattr(bench, "layers", lambda bundle: smaller)
    monkeypatch.setattr(accumulators, "bundles", lambda: [("default", default())])
    faults = " ".join(accumulators.attack(40, 5, ways=quick).faults)
    assert "is beyond the bound of" in faults
    assert "and the codec says" in faults


@pytest.mark.slow
def test_every_runtime_multiplies_exactly():
    outcome = accumulators.attack(300, 6)
    assert outcome.faults == ()
    assert {line.split(":")[0] for line in outcome.left_out} <= set(TYPES)
