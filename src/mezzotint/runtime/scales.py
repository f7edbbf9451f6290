# SPDX-License-Identifier: Apache-2.0
"""Which integer table codes each symbol of y of a tile, group after group, as encoder and decoder both find it.

    z_hat --scale map--> totals (M, h, w) --+--> indices of group g
    symbols of the groups before g --scale context, if the model has one--+

Exact: nothing but integers (mezzotint.intnet).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.bundle import Bundle
from mezzotint.intnet import to_index
from mezzotint.runtime.latents import layers

CERTAIN = 0  # the table whose symbol is always 0


class Scales:
    """The table numbers of one tile. Groups are asked for in order, with the symbols (M, h, w) known so far.

    A reader of the first groups alone says how many, so that nothing is worked out for the others.
    """

    def __init__(
        self, bundle: Bundle, z_hat: NDArray[np.int32], quality: int, group_count: int | None = None
    ) -> None:
        self._context = bundle.scale_context
        self._groups = layers(bundle)[:group_count]
        channels = self._groups[-1].stop
        if self._context is None:
            self._plain = bundle.scale_map(z_hat, quality, channels)
        else:
            totals = bundle.scale_map.totals(z_hat, quality, channels)
            roomy = max(bundle.scale_map.bound()) < 1 << 30  # and the context adds at most 2^25
            self._totals = totals if roomy else totals.astype(np.int64)

    def of_group(self, number: int, symbols: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Table numbers (channels, h, w) of a group; of `symbols` only the earlier groups are read."""
        channels = self._groups[number]
        if self._context is None:
            return self._plain[channels]
        if number == 0:
            return to_index(self._totals[channels].copy())
        return to_index(self._totals[channels] + self._context(symbols, number))

    def expected(self, guessed: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Table numbers (M, h, w) for guessed symbols of all groups but the last, of which only the sizes count."""
        if self._context is None:
            return self._plain
        return np.concatenate([self.of_group(number, guessed) for number in range(len(self._groups))])

    def settle(self, symbols: NDArray[np.int32]) -> NDArray[np.uint8]:
        """The encoder's last word: table numbers (M, h, w) for symbols of its choice.

        Symbols become 0, in place, where their table turns out to be the one that holds nothing else: they were chosen
        before the context was known. That is rare, and a slightly worse y_hat.
        """
        if self._context is None:
            return self._plain
        indices = np.empty(symbols.shape, np.uint8)
        for number, channels in enumerate(self._groups):
            indices[channels] = self.of_group(number, symbols)
            symbols[channels] *= indices[channels] != CERTAIN  # twenty times as quick as setting them to 0
        return indices
