# SPDX-License-Identifier: Apache-2.0
"""What a file is asked to reach: so many bytes or bits a pixel at most, so much PSNR or SSIM at least."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from mezzotint.errors import UsageError

_RANGES = {  # the values that make sense, and how to say so
    "bytes": (1, 1 << 35, "give a number of bytes from 1 up"),
    "bpp": (1e-6, 64, "give bits a pixel, such as 0.5"),
    "psnr": (1, 100, "give decibels, such as 36"),
    "ssim": (1e-3, 1, "give a similarity up to 1, such as 0.98"),
}


@dataclass(frozen=True)
class Target:
    """UsageError for a kind that does not exist, or a value out of its range."""

    kind: str  # "bytes", "bpp", "psnr" or "ssim"
    value: float

    def __post_init__(self) -> None:
        if self.kind not in _RANGES:
            raise UsageError(f"a target of {self.kind!r} is unknown", "choose bytes, bpp, psnr or ssim")
        low, high, remedy = _RANGES[self.kind]
        number = isinstance(self.value, Real) and not isinstance(self.value, bool)
        if not number or not low <= self.value <= high:  # the range is false for NaN
            raise UsageError(f"target_{self.kind} {self.value!r} is outside {low:g}..{high:g}", remedy)

    def most_bytes(self, pixels: int) -> int | None:
        """The size that a file of so many pixels may have; None for a target of quality."""
        if self.kind == "bytes":
            return int(self.value)
        # As a float: two bits a pixel may come as a uint8 of numpy, which would overflow.
        return int(float(self.value) * pixels / 8) if self.kind == "bpp" else None
