# SPDX-License-Identifier: Apache-2.0
"""Lets decoder.py, exact.py and forge.py import one another: test folders are no packages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
