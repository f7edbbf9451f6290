# SPDX-License-Identifier: Apache-2.0
"""The command `mzt`, one file per verb, thin over the library.

Takes: command-line arguments, files, stdin.
Gives: files, stdout, one line on stderr for every error, and an exit status (0; 1 failed; 2 wrong usage; 130 Ctrl-C).
May import: everything of the codec half. Heavy imports (numpy, Pillow, onnxruntime) stand inside the functions that
need them, so that `mzt --help` and every usage error answer at once.
"""

from mezzotint.cli.program import main

__all__ = ["main"]
