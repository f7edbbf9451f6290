# SPDX-License-Identifier: Apache-2.0
"""Better integers for one picture: what `mzt encode --effort` reaches by the entry point `mezzotint.refiners`.

Takes: a draft of the codec half (picture, model, what effort 0 codes) and an effort of 1 to 9.
Gives: integers of the same tiles that cost less, in bits plus weighted squared error, or the draft's own.
Works from the bundle alone: no checkpoint. Imports models, export and the codec half; nothing in the lab imports it but
recipes and above.
"""
