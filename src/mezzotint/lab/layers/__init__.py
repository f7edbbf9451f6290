# SPDX-License-Identifier: Apache-2.0
"""Plain blocks that models share. Takes and gives (B, C, H, W) float tensors; imports registry at most."""
