# SPDX-License-Identifier: Apache-2.0
"""Counted bits are those of real chunks, escapes among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mezzotint import entropy
from mezzotint.lab.refine.bits import symbol_bits
from mezzotint.runtime.latents import open_model


@pytest.mark.parametrize("loud", [1, 40, 5000])
def test_as_in_a_chunk(bundle, photo, draft, loud):
    """Escapes of one to three bytes where symbols are loud; a chunk ends at a whole word after some overhead."""
    (tile,) = draft(photo[:128, :192], 3000, open_model(bundle, 1)).latents
    certain = np.isin(tile.indices, bundle.y_tables.certain)
    spread = np.random.default_rng(0).integers(-loud, loud + 1, tile.symbols.shape).astype(np.int32)
    tile = replace(tile, symbols=np.where(certain, 0, tile.symbols + spread))
    data = entropy.encode(tile.symbols.reshape(-1), tile.indices.reshape(-1), bundle.y_tables)
    assert 0 <= 8 * len(data) - symbol_bits(tile, bundle) < 96
