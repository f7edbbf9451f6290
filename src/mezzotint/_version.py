# SPDX-License-Identifier: Apache-2.0
"""The one place that holds the version of the package (the format has its own, in docs/format.md)."""

__version__ = "0.1.0"
