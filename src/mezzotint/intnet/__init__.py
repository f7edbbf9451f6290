# SPDX-License-Identifier: Apache-2.0
"""(z_hat, quality, earlier symbols) -> the table index of every y symbol, the same on every machine (docs/format.md 8).

Takes: int8 weights, int32 biases and offsets of a model; then the integers z_hat of one tile, a quality index, and the
symbols of earlier groups.
Gives: uint8 indices 0..63.
May import: errors and numpy. No framework: the one product runs in BLAS on integer-valued floats, which is exact
below a bound that is proved for every model when its map is made.
"""

from mezzotint.intnet.context import ScaleContext
from mezzotint.intnet.graph import Z_LIMIT, ScaleMap, to_index

__all__ = ["Z_LIMIT", "ScaleContext", "ScaleMap", "to_index"]
