# SPDX-License-Identifier: Apache-2.0
"""How far a decoded picture is from its original: one metric a file, in numpy alone.

Takes: two uint8 arrays of one shape.
Gives: `psnr` in dB, infinite for identical pictures; `ms_ssim`, 1 for identical pictures; `ssimulacra2`, 100 for
identical pictures. The last two are None for pictures too small to have them.
May import: `mezzotint.errors`.
"""

from mezzotint.evaluate.metrics.ms_ssim import ms_ssim
from mezzotint.evaluate.metrics.psnr import IDENTICAL, psnr
from mezzotint.evaluate.metrics.ssimulacra2 import ssimulacra2

__all__ = ["IDENTICAL", "ms_ssim", "psnr", "ssimulacra2"]
