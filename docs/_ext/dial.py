# SPDX-License-Identifier: Apache-2.0
"""What the dial from 0 to 100 gives on the 24 Kodak images, in the mean, from results/kodak/report.json."""

from __future__ import annotations

from grid import table
from rivals import METRICS, report

_DIGITS = {"psnr": 1, "ms_ssim": 4, "ssimulacra2": 0}


def markdown() -> str:
    """A row a measured quality."""
    measured = report()
    points = {metric: measured["metrics"][metric]["points"][measured["ours"]] for metric in METRICS}
    rows = [
        (
            f"{quality:g}",
            f"{bits:.2f}",
            *(f"{points[metric][number][2]:.{_DIGITS[metric]}f}" for metric in METRICS),
        )
        for number, (quality, bits, *_) in enumerate(points["psnr"])
    ]
    return table(("`-q`", "bits a pixel", *METRICS.values()), rows, right=range(5))
