# SPDX-License-Identifier: Apache-2.0
"""Every mixer in one skeleton codec, on one data order and one budget of pixels, at equal kMAC/px.

Takes a folder of photos, gives rows (one JSON line a mixer) and a plot. Imports everything of the lab but its commands.
"""
