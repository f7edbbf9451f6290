# SPDX-License-Identifier: Apache-2.0
"""What the encoder is told that a symbol costs."""

import numpy as np

from mezzotint.entropy import Table, TableSet
from mezzotint.runtime.latents import NEVER, prices


def test_price_is_the_difference_in_bits() -> None:
    quarter = 1 << 22
    narrow = Table(-1, np.array([16, (1 << 24) - 64, 16, 32], np.uint32), escape=True)
    even = Table(-1, np.full(4, quarter, np.uint32), escape=True)
    certain = Table(0, np.array([1 << 24], np.uint32))
    found = prices(TableSet((certain, narrow, even)))
    assert found[0] == NEVER
    assert np.isclose(found[1], np.log2(((1 << 24) - 64) / 16))
    assert found[2] == 0


def test_wider_tables_of_the_default_model_ask_less() -> None:
    from mezzotint import bundle

    found = prices(bundle.default().y_tables)
    assert (np.diff(found) <= 0.1).all() and found[1] > 5 and found[-1] < 0.1
