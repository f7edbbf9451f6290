# SPDX-License-Identifier: Apache-2.0
"""About how large the symbols of y will be, before the encoder has found them.

In a model with a scale context the price of a symbol depends on symbols of earlier groups, and these on their prices. A
rough guess is enough to break the circle: without it files are 1.1 % larger, and finding all symbols twice gains no
more (dev/LOG.md). The guess concerns the encoder alone; indices are settled by the true symbols (scales.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP = "step"  # the vector of steps, which a bundle with a scale context must have
LARGEST = 1 << 16  # all the same to the context, long before
ROUNDED_UP_FROM = 0.7  # of a step: symbols are rounded toward zero


def symbols(y: NDArray[np.float32], step: NDArray[np.float32]) -> NDArray[np.int32]:
    """y (C, h, w) and its steps (C, 1, 1) -> sizes (C, h, w), of some channels or all.

    Taken as the prediction of a channel is 0 or the mean of the four neighbours, whichever leaves less in this tile.
    """
    with np.errstate(over="ignore"):
        u: NDArray[np.float32] = np.clip(y / step, -LARGEST, LARGEST)  # before it can leave the integers
    p = np.pad(u, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = p[:, :-2, 1:-1] + p[:, 2:, 1:-1] + p[:, 1:-1, :-2] + p[:, 1:-1, 2:]
    left = np.abs(u - np.float32(0.25) * around)
    np.abs(u, out=u)
    smooth = left.mean(axis=(1, 2)) < u.mean(axis=(1, 2))
    u[smooth] = left[smooth]
    return (u + np.float32(1 - ROUNDED_UP_FROM)).astype(np.int32)  # toward zero, and nothing is below it
