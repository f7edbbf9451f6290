# SPDX-License-Identifier: Apache-2.0
"""``python -m mezzotint`` is ``mzt``."""

from mezzotint.cli import main

if __name__ == "__main__":
    main()
