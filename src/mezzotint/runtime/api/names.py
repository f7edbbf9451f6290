# SPDX-License-Identifier: Apache-2.0
"""What the public functions take for a file and for a model."""

from __future__ import annotations

import os

from mezzotint.bundle import Bundle

Source = bytes | bytearray | memoryview
ModelName = str | os.PathLike[str] | Bundle | None  # a bundle, its path, or the default one
