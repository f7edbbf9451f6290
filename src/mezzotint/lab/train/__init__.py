# SPDX-License-Identifier: Apache-2.0
"""Training: loss, optimisers, the loop, checkpoints. Imports models, priors, data."""
