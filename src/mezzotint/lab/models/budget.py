# SPDX-License-Identifier: Apache-2.0
"""Blocks of a kind of their own at the price of the board's: what they spend elsewhere is taken from their MLPs.

Counted as in skeleton.py, on its picture, so that a system with its idea and without it cost the same.
"""

from __future__ import annotations

from mezzotint.lab.models.skeleton import BLOCK_KMAC, CONFIG, DEPTH, HEIGHT, HIDDEN_LEAST, HIDDEN_STEP, WIDTH


def hidden_beside(macs: int) -> int:
    """Width of a side's MLPs where ``macs`` of its DEPTH blocks' go to all else, whatever that is.

    ValueError where fewer than HIDDEN_LEAST channels are left.
    """
    pixels = HEIGHT * WIDTH
    left = DEPTH * BLOCK_KMAC * 1000 * pixels - macs
    hidden = round(left / (DEPTH * 3 * CONFIG.analysis.coarse * pixels / 256) / HIDDEN_STEP) * HIDDEN_STEP
    if hidden < HIDDEN_LEAST:
        raise ValueError(
            f"{macs / pixels / 1000:.2f} kMAC/px leave the MLPs of {DEPTH} blocks fewer than {HIDDEN_LEAST} channels:"
            " choose cheaper options"
        )
    return hidden
