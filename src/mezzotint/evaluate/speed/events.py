# SPDX-License-Identifier: Apache-2.0
"""What a running bench says besides its results, for a progress bar and for lines between the tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Next:
    """What is measured from here on, in so many steps."""

    what: str
    steps: int


@dataclass(frozen=True)
class Step:
    """One step is done."""


@dataclass(frozen=True)
class Done:
    """All rows of one part have come."""

    part: str


@dataclass(frozen=True)
class LeftOut:
    """Something cannot be measured here, and the rest goes on."""

    what: str
    reason: str

    @property
    def line(self) -> str:
        return f"{self.what} is left out: {self.reason}"
