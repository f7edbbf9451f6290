# SPDX-License-Identifier: Apache-2.0
"""How good a coded picture is, what it cost, how codecs compare: `mzt compare`, `mzt eval`, `mzt report`, `mzt bench`.

Takes: pairs of uint8 arrays; rate and quality points of two codecs; folders of pictures.
Gives: metrics in their usual units; BD-rate in percent; tables of measurements and what follows from them.
May import: `runtime` and below. Packages of the extra `eval` are imported where they are used.
"""

from mezzotint.evaluate.bdrate import bd_quality, bd_rate
from mezzotint.evaluate.metrics import ms_ssim, psnr, ssimulacra2

__all__ = ["bd_quality", "bd_rate", "ms_ssim", "psnr", "ssimulacra2"]
