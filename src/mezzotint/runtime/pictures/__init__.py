# SPDX-License-Identifier: Apache-2.0
"""Pictures as people hold them: arrays and Pillow images in, the same kinds out.

Takes: a uint8 array (H, W, 3), (H, W) or (H, W, 4), or a Pillow image of any mode.
Gives: a `Picture`: 8-bit colour or grey, alpha, and the metadata that files carry beside pixels.
May import: `bitstream`, `errors`, Pillow (only once an image comes or goes: arrays do without).
"""

from mezzotint.runtime.pictures.boxes import from_boxes, to_boxes
from mezzotint.runtime.pictures.modes import from_pillow, to_pillow
from mezzotint.runtime.pictures.picture import Picture, from_array, to_array

__all__ = ["Picture", "from_array", "from_boxes", "from_pillow", "to_array", "to_boxes", "to_pillow"]
