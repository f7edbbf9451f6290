# SPDX-License-Identifier: Apache-2.0
"""A number that was measured several times: its median, and its quartiles to say how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """In the unit of what was measured."""

    median: float
    low: float  # the first quartile
    high: float  # the third
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return Spread(median, low, high, len(values))
