# SPDX-License-Identifier: Apache-2.0
"""Hostile files of many kinds, one module a kind, and what `mezzotint.decode` makes of them.

Takes: how many files, and a seed. The small tests take a part, harden.py takes `WHOLE` of them.
Gives: an `Outcome`; each module has `attack(count, seed, tick) -> Outcome`, and `WHOLE`, its stated size.
May import: mezzotint, numpy, and tests/bundle/tiny.py for a model that runs in a millisecond.
"""
