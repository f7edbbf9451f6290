# SPDX-License-Identifier: Apache-2.0
"""Strangers' text for eyes: names of files, words of other libraries, names in a model. It may hold anything.

What would break the line, steer a terminal or turn the direction of text is spelled out.

Trap: Python keeps a byte that is no UTF-8 as a lone surrogate, which can be written nowhere.
"""

from __future__ import annotations


def spelled(name: str) -> str:
    """A name, with each of its spaces."""
    return "".join(part if part.isprintable() else _spelled(part) for part in name)


def one_line(text: object, most: int | None = None) -> str:
    """A sentence, its line breaks as spaces; its first `most` characters."""
    return spelled(" ".join(str(text).split())[:most])


def _spelled(part: str) -> str:
    short = part.encode("unicode_escape", "surrogatepass").decode("ascii")
    return f"\\x{ord(part) - 0xDC00:02x}" if "\udc80" <= part <= "\udcff" else short
