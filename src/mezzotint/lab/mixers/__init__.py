# SPDX-License-Identifier: Apache-2.0
"""Token mixers, one a file: (B, C, H, W) -> (B, C, H, W), any H and W. Imports layers and registry only.

A mixer is built from the number of channels and its own options, and adds neither norm nor shortcut: the block round
it does. It says how far it sees: ``reach`` is the number of cells on each side that an output cell can depend on, None
for the whole picture; ``aligned`` is the period of its windows, 1 where there are none. A finite reach and tiles that
begin at multiples of ``aligned`` are what the tile rule asks for.
"""

from mezzotint.lab.registry import Registry

MIXERS = Registry("mixer")
