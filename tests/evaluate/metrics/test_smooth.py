# SPDX-License-Identifier: Apache-2.0
"""The filter against a plain sum over its window, and the bands against the rows that they cut."""

import numpy as np
import pytest

from mezzotint.evaluate.metrics.smooth import bands, smooth

TAPS = (0.1, 0.25, 0.3, 0.25, 0.1)


@pytest.mark.parametrize(("height", "width"), [(5, 5), (6, 9), (30, 17)])
def test_each_sample_is_the_weighted_sum_of_its_window(height: int, width: int) -> None:
    plane = np.random.default_rng(2).random((height, width)).astype(np.float32)
    window = np.outer(TAPS, TAPS)
    plain = [
        [(plane[y : y + 5, x : x + 5] * window).sum() for x in range(width - 4)] for y in range(height - 4)
    ]
    found = smooth(plane, TAPS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plain, rtol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (32, 5), (33, 100_000), (4001, 300), (512, 768)])
def test_bands_are_all_rows_once_and_begin_at_even_ones(height: int, width: int) -> None:
    found = list(bands(height, width))
    assert [row for rows in found for row in range(height)[rows]] == list(range(height))
    assert all(rows.start % 2 == 0 for rows in found)
    assert len(found) == 1 or max(rows.stop - rows.start for rows in found) * width <= max(
        1 << 16, 32 * width
    )
