# SPDX-License-Identifier: Apache-2.0
"""File names for shells. A name may hold anything: line breaks, quotes, bytes that are no text.

Trap: Python keeps a byte that is no UTF-8 as a lone surrogate, which can be written nowhere: no name goes to a
clipboard without passing through here. For eyes there is `mezzotint.one_line`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys


def quoted(name: str) -> str:
    """The name as one word of a command line, for POSIX shells, or for Windows where this runs there.

    Names that cannot be printed use the $'...' of bash, zsh and POSIX 2024.
    """
    if name.startswith("-") and name != "-":
        name = f"./{name}"  # else it would be read as an option
    if sys.platform == "win32":
        return subprocess.list2cmdline([name])
    if all(part.isprintable() for part in name):
        return shlex.quote(name)
    return "$'" + "".join(_ansi(part) for part in name) + "'"


def _ansi(part: str) -> str:
    if part in "'\\":
        return "\\" + part
    if part.isprintable():
        return part
    # Octal with three digits: \x would swallow a hexadecimal digit that follows.
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(part))
