# SPDX-License-Identifier: Apache-2.0
"""The lab: everything that imports torch. Trains, compares, exports model bundles; the codec half never imports it."""
