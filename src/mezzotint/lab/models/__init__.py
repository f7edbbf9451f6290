# SPDX-License-Identifier: Apache-2.0
"""Whole networks made of mixers, layers and priors. Takes pixels and a quality, gives rate and reconstruction."""
