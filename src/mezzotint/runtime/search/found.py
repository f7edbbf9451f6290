# SPDX-License-Identifier: Apache-2.0
"""What a search found, and how to say so in one line."""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.bitstream import MAX_QUALITY
from mezzotint.runtime.targets import Target


@dataclass(frozen=True)
class Found:
    """A file that holds its target: never larger than asked for, or never worse."""

    data: bytes  # the whole file
    target: Target
    reached: float  # in the unit of the target: bytes, bits a pixel, dB (infinite for lossless) or SSIM
    close: bool  # within 2 % below the bytes, 0.1 dB above the quality; if not, no quality comes closer
    quality_index: int | None  # 0..4095, as in the header; None for a file that no network made
    max_error: int | None = None  # of such a file; 0 is lossless
    encodes: int = 0  # how often the whole picture was quantised and coded
    analyses: int = 0  # how often the analysis ran over it
    probes: int = 0  # how often the sample of it was coded

    def __str__(self) -> str:
        """Such as "target 50,000 bytes: 49,812 (-0.4 %), quality 62.3"."""
        asked, unit, digits = _WORDS[self.target.kind]
        wanted = self.target.value
        if self.target.kind in ("bytes", "bpp"):
            beside = f"{100 * (self.reached / wanted - 1):+.1f} %"
        else:
            beside = f"{self.reached - wanted:+.{digits}f}"
        got = f"{self.reached:,.{digits}f}"
        return f"target {asked}{wanted:,.{digits}f}{unit}: {got} ({beside}), {self._how()}"

    def _how(self) -> str:
        if self.quality_index is None:
            return (
                "lossless"
                if self.max_error == 0
                else f"near-lossless with a largest error of {self.max_error}"
            )
        end = {0: ", the lowest", MAX_QUALITY: ", the best there is"}.get(self.quality_index, "")
        return f"quality {100 * self.quality_index / MAX_QUALITY:.1f}{'' if self.close else end}"


_WORDS = {  # kind: before the value, behind it, digits
    "bytes": ("", " bytes", 0),
    "bpp": ("", " bits a pixel", 3),
    "psnr": ("PSNR ", " dB", 2),
    "ssim": ("SSIM ", "", 4),
}
