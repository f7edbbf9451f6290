# SPDX-License-Identifier: Apache-2.0
"""Symbols and integer tables <-> words, as docs/format.md section 9 defines them.

Takes: int32 symbols, the number of the table of each, and a `TableSet`; or the bytes of one chunk.
Gives: the bytes of one chunk; or the symbols. Nothing here computes a probability: tables are read.
May import: errors, numpy, and constriction (in ans.py alone).
"""

from mezzotint.entropy.cdf import TOTAL, TOTAL_BITS, Table, TableSet
from mezzotint.entropy.coder import decode, encode

__all__ = ["TOTAL", "TOTAL_BITS", "Table", "TableSet", "decode", "encode"]
