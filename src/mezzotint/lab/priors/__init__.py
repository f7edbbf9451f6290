# SPDX-License-Identifier: Apache-2.0
"""Densities to train with and the integer tables made from them. Takes latents, gives bits; imports layers only."""
