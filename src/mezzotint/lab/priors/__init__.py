# SPDX-License-Identifier: Apache-2.0
"""Entropy models: densities to train with, and integer tables made from them. Takes latents, gives y_hat and bits.

A registered prior holds everything that it sends. It is built from the number of channels and its own options, and has

    forward(y (B, C, h, w)) -> Coded      noise and straight-through rounding in training, rounded symbols in evaluation
    compress(y (1, C, h, w)) -> chunks    bytes, one chunk of the codec half's coder a step
    decompress(chunks, h, w) -> y_hat     what forward gives in evaluation, bit for bit on the same machine
    walk(code) -> y_hat                   its steps in order, which the other three follow (see coding.py)

of which a prior writes the last only; the others are in entropy_model.py. h and w are multiples of 4. Files beside the
registered ones hold what several share. Imports layers, registry, and of the codec half entropy and intnet.
"""

from mezzotint.lab.registry import Registry

PRIORS = Registry("prior")
