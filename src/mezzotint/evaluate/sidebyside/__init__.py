# SPDX-License-Identifier: Apache-2.0
"""Two pictures side by side: how far they are apart in numbers, and one page to look at them with (`mzt compare`).

Takes: two `Picture`s of one size, what their files are called and how large they are.
Gives: an `Apart` with the numbers; the bytes of an HTML page that holds both pictures and asks nothing of a network.
May import: `runtime.pictures`, `bundle`, `bitstream`, `evaluate.metrics`, `errors`, `one_line`; Pillow only where
the page is made.
"""

from mezzotint.evaluate.sidebyside.apart import Apart, apart
from mezzotint.evaluate.sidebyside.command import coding, command, left_behind, model_to_name
from mezzotint.evaluate.sidebyside.crop import MOST_PIXELS, Crop, crop
from mezzotint.evaluate.sidebyside.names import quoted
from mezzotint.evaluate.sidebyside.page import Side, page
from mezzotint.evaluate.sidebyside.samples import Pair, Samples, pair
from mezzotint.evaluate.sidebyside.words import Number, numbers

__all__ = [
    "MOST_PIXELS",
    "Apart",
    "Crop",
    "Number",
    "Pair",
    "Samples",
    "Side",
    "apart",
    "coding",
    "command",
    "crop",
    "left_behind",
    "model_to_name",
    "numbers",
    "page",
    "pair",
    "quoted",
]
