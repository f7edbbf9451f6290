# SPDX-License-Identifier: Apache-2.0
"""How good a coded picture is, and what it cost.

Takes: pairs of uint8 arrays; rate and quality points of two codecs.
Gives: metrics in their usual units; BD-rate in percent.
May import: `runtime` and below. scipy (extra `eval`) is imported where it is used.
"""

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.evaluate.metrics import psnr

__all__ = ["bd_rate", "psnr"]
