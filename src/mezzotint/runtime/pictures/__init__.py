# SPDX-License-Identifier: Apache-2.0
"""Pictures as people hold them: arrays, Pillow images and picture files in, the same kinds out.

Takes: a uint8 or uint16 array (H, W, 3), (H, W) or (H, W, 4), a Pillow image of any mode, or a picture file's bytes.
Gives: a `Picture`: colour or grey of 1 to 16 bits, alpha, and the metadata that files carry beside pixels.
May import: `bitstream`, `errors`, Pillow (only once an image comes or goes: arrays do without).
"""

from mezzotint.runtime.pictures.alpha import alpha_region
from mezzotint.runtime.pictures.boxes import check_metadata, from_boxes, to_boxes
from mezzotint.runtime.pictures.depths import with_depth
from mezzotint.runtime.pictures.images import from_pillow, to_pillow
from mezzotint.runtime.pictures.metadata import STRIPPABLE, checked_strip, stripped
from mezzotint.runtime.pictures.picture import Picture, checked, from_array, to_array

__all__ = [
    "STRIPPABLE",
    "Picture",
    "alpha_region",
    "check_metadata",
    "checked",
    "checked_strip",
    "from_array",
    "from_boxes",
    "from_pillow",
    "stripped",
    "to_array",
    "to_boxes",
    "to_pillow",
    "with_depth",
]
