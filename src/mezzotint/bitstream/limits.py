# SPDX-License-Identifier: Apache-2.0
"""What a reader or writer accepts, checked against the header before anything is allocated (docs/format.md 10).

These are the caller's, not the format's: a larger file is well-formed, and a caller who trusts it may raise them.
`Limits` says what all of the package holds itself to, `hold` refuses, `raised` says how to be let through.

Trap: memory and time are nobody's number in the header. They are checked where they are known, in `runtime`; this
module only carries what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import Any

from mezzotint.errors import LimitExceeded, UsageError

NO_LIMIT = 1 << 70  # more than the format can say of anything: both sides have 35 bits
OF_SIZE = ("max_pixels", "max_side", "max_tile_pixels")
_OPTIONAL = ("max_memory", "max_seconds")  # None: not limited


@dataclass(frozen=True)
class Limits:
    """What encoding and decoding accept; every field is the largest value that is still accepted.

    UsageError for a value that is no limit: below 0, not whole where a number counts things, NaN.
    """

    max_pixels: int = 2**28  # width * height
    max_side: int = 2**15  # width, height
    max_boxes: int = 64
    max_box_bytes: int = 16 * 2**20  # any box but ALPH, whose limit follows from the picture
    max_chunks: int = 2**20  # layers * tiles
    max_tile_pixels: int = (
        2**24
    )  # of the largest tile, once padded: a tile is decoded whole, even for one pixel
    max_memory: int | None = None  # bytes that coding takes by the formula of docs/memory.md
    max_seconds: float | None = None  # of the wall clock, for one encode or decode

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _checked(field.name, getattr(self, field.name)))

    @classmethod
    def none(cls) -> Limits:
        """No limits at all: for files of one's own making."""
        values: dict[str, Any] = {field.name: lifted(field.name) for field in fields(cls)}
        return cls(**values)

    @staticmethod
    def given(limits: Limits | None) -> Limits:
        """What a caller asked for, and the usual ones for None. UsageError for what is neither."""
        if limits is None:
            return DEFAULT
        if not isinstance(limits, Limits):
            raise UsageError(f"limits of type {type(limits).__name__} are none", "give Limits(...), or None")
        return limits

    def of_any_size(self) -> Limits:
        """The same without those that follow from the size of a picture: pixels, sides, tiles."""
        return replace(self, **dict.fromkeys(OF_SIZE, NO_LIMIT))


def lifted(field: str) -> int | None:
    """What a field holds that limits nothing."""
    return None if field in _OPTIONAL else NO_LIMIT


def word(field: str) -> str:
    """What the option `--limit` of the commands calls a field: max_box_bytes is box-bytes."""
    return field.removeprefix("max_").replace("_", "-")


def raised(needed: Mapping[str, float]) -> str:
    """The remedy where these fields were in the way: what would let the picture through, in commands and in Python."""
    options = " ".join(_option(field, f"{value}") for field, value in needed.items())
    arguments = ", ".join(f"{field}={value}" for field, value in needed.items())
    return f"raise {options} (Limits({arguments})) if you trust the file"


def hold(limits: Limits, declared: Iterable[tuple[str, int, str]], instead: str = "") -> None:
    """LimitExceeded where one of (field, value, what is wrong) is over its limit: the first, with a remedy for all.

    `instead` is what else may help, and ends as a sentence goes on: "cut it into parts, or ".
    """
    over = [
        (field, value, what)
        for field, value, what in declared
        if (most := getattr(limits, field)) is not None and value > most
    ]
    if over:
        needed = {field: max(value for name, value, _ in over if name == field) for field, _, _ in over}
        raise LimitExceeded(over[0][2], instead + raised(needed))


def _option(field: str, value: str) -> str:
    return f"--max-pixels {value}" if field == "max_pixels" else f"--limit {word(field)}={value}"


def _checked(field: str, value: Any) -> int | float | None:
    """The value as a plain number: a small integer of numpy would overflow."""
    if value is None and field in _OPTIONAL:
        return None
    timed = field == "max_seconds"
    number = not isinstance(value, bool) and isinstance(value, Real if timed else Integral)
    if not number or not value >= 0:  # false for NaN
        kind = "a number of seconds" if timed else "a whole number"
        none = ", or None for no limit" if field in _OPTIONAL else ""
        raise UsageError(f"{field}={value!r} is no limit", f"give {kind} from 0 up{none}")
    value = min(value, NO_LIMIT)  # floats end somewhere, and Python shows no number of any length
    return float(value) if timed else int(value)


DEFAULT = Limits()
