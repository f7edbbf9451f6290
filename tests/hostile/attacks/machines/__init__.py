# SPDX-License-Identifier: Apache-2.0
"""The parts of row 13 (runtimes.py): float graphs in several runtimes, with other threads, on other processors.

Takes: pictures and qualities, and what this machine offers.
Gives: files, hashes of their integers and pixels of each setting, and what became of every pair of settings.
May import: mezzotint, numpy, and each runtime where it runs. Emulated Pythons have no Pillow, so child.py needs none.
"""
