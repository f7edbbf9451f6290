# SPDX-License-Identifier: Apache-2.0
"""Makes the folder `attacks` importable: test folders are no packages, and harden.py needs it too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
