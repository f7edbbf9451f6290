# SPDX-License-Identifier: Apache-2.0
"""Token mixers, one a file: (B, C, H, W) -> (B, C, H, W), any H and W. Imports layers and registry only."""

from mezzotint.lab.registry import Registry

MIXERS = Registry("mixer")
