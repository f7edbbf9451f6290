# SPDX-License-Identifier: Apache-2.0
"""The command `mzt-lab`, one file a verb, thin over the lab.

Takes: command-line arguments, files; under torchrun, its environment.
Gives: files, stdout, one line on stderr for every error, and an exit status (0; 1 failed; 2 wrong usage; 130 Ctrl-C).
May import: everything of the lab and of the codec half. Torch and what needs it is imported inside the functions that
use it, so that `mzt-lab --help` and every usage error answer at once.
"""

from mezzotint.lab.cli.program import main

__all__ = ["main"]
