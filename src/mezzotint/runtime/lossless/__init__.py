# SPDX-License-Identifier: Apache-2.0
"""One tile without loss, or with a bound on every sample's error (docs/format.md, lossless coding).

Takes: integer pixels of one tile, or its chunks. Gives: LAYERS chunks, coarse to fine, or the pixels, whole or coarse.
Integers only, so every machine decodes the same; probabilities are frozen (`tables.npz`) and named by TABLES_ID.
May import: errors, entropy, numpy.
"""

from mezzotint.runtime.lossless.decode import decode_coarse, decode_tile
from mezzotint.runtime.lossless.encode import encode_tile
from mezzotint.runtime.lossless.lattice import LAYERS
from mezzotint.runtime.lossless.tables import TABLES_ID

__all__ = ["LAYERS", "TABLES_ID", "decode_coarse", "decode_tile", "encode_tile"]
