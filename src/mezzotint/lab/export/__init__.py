# SPDX-License-Identifier: Apache-2.0
"""Torch to bundle, and the check that both agree. Imports models, priors, train (checkpoints) and the codec half."""
