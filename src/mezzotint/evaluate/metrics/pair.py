# SPDX-License-Identifier: Apache-2.0
"""What two pictures must have in common before they can be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import UsageError

Picture = NDArray[np.uint8]


def check(one: Picture, other: Picture) -> None:
    """UsageError unless both are uint8 arrays of one shape that hold a sample."""
    if one.shape != other.shape:
        raise UsageError(
            f"pictures of shapes {one.shape} and {other.shape} cannot be compared", "give equal sizes"
        )
    if one.dtype != np.uint8 or other.dtype != np.uint8 or not one.size:
        raise UsageError("only 8-bit pictures with pixels can be compared", "give uint8 arrays")


def planes(one: Picture, other: Picture) -> tuple[Picture, Picture]:
    """Two RGB pictures (H, W, 3) as contiguous planes (3, H, W); UsageError if they are anything else."""
    check(one, other)
    if one.ndim != 3 or one.shape[2] != 3:
        raise UsageError(f"a picture of shape {one.shape} is not RGB", "give arrays shaped (H, W, 3)")
    return np.ascontiguousarray(np.moveaxis(one, 2, 0)), np.ascontiguousarray(np.moveaxis(other, 2, 0))
