# SPDX-License-Identifier: Apache-2.0
"""A plane smoothed by a small symmetric filter, rows and columns alike, and cut into bands of rows that fit a cache.

Both metrics that compare local means spend their time here. Whole planes would leave the cache at every step, and
a large picture would need hundreds of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # (H, W)

_BAND_SAMPLES = 1 << 16  # a dozen arrays of this size fit the second-level cache of one core
_FEWEST_ROWS = 32  # below, the rows that neighbouring bands both read would cost more than the cache saves


def bands(height: int, width: int) -> Iterator[slice]:
    """Slices of an even number of rows, but for the last, which together are `height` rows."""
    rows = max(_FEWEST_ROWS, _BAND_SAMPLES // width // 2 * 2)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def smooth(plane: Plane, taps: tuple[float, ...]) -> Plane:
    """Only where the filter fits: n taps turn (H, W) into (H - n + 1, W - n + 1). `taps` is odd and symmetric."""
    return _along_rows(_along_rows(plane, taps).T, taps).T  # numpy walks a transposed array in memory order


def _along_rows(plane: Plane, taps: tuple[float, ...]) -> Plane:
    """Each output row is a weighted sum of input rows; equal weights share one product."""
    reach = len(taps) // 2
    length = len(plane) - 2 * reach
    out: Plane = plane[reach : reach + length] * np.float32(taps[reach])
    pair = np.empty_like(out)
    for tap in range(reach):
        np.add(plane[tap : tap + length], plane[2 * reach - tap :][:length], out=pair)
        np.multiply(pair, np.float32(taps[tap]), out=pair)
        np.add(out, pair, out=out)
    return out
