# SPDX-License-Identifier: Apache-2.0
"""What a measurement could not do: which picture, which codec at which quality, and why."""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.errors import MezzotintError
from mezzotint.one_line import one_line

_LONGEST = 300  # characters of a reason; some libraries answer with pages


@dataclass(frozen=True)
class Failure:
    """A picture that cannot be read (`codec` is empty then), or a codec that cannot do one picture at one quality."""

    image: str  # path below the folder, with "/"
    reason: str  # one line
    codec: str = ""
    settings: str = ""
    quality: float | None = None

    def line(self) -> str:
        """For a person: "5.png, avif (speed 6, 4:4:4) at 50: ..."."""
        setting = f", {self.codec} ({self.settings}) at {self.quality:g}" if self.codec else ""
        return one_line(f"{self.image}{setting}: {self.reason}")


@dataclass(frozen=True)
class Note:
    """Something that was changed or left out of a picture before it was measured."""

    image: str
    text: str

    def line(self) -> str:
        return one_line(f"{self.image}: {self.text}")


def reason(error: BaseException, without: str = "") -> str:
    """One line that says what went wrong: ours in their own words, others with the kind of the error.

    `without` is what no reader of a table needs at its head, such as the path of a picture.
    """
    text = error.what if isinstance(error, MezzotintError) else f"{type(error).__name__}: {error}"
    line = one_line(text.removeprefix(without)).rstrip(":")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
