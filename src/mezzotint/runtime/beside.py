# SPDX-License-Identifier: Apache-2.0
"""What an area of a picture has beside its colour: metadata, and the same area of the alpha plane.

An area inflates the alpha plane down to its last row and holds no more than itself. A truncated file has all boxes,
since they come before the chunks.
"""

from __future__ import annotations

import numpy as np

from mezzotint.bitstream import ALPHA, EXIF, ICC, XMP, Container
from mezzotint.runtime.area import Area, shrunk
from mezzotint.runtime.pictures import Picture, alpha_region
from mezzotint.runtime.pictures.picture import dtype_of
from mezzotint.runtime.stages import Stage, stage


def read_beside(container: Container, area: Area) -> Picture:
    """A picture with all but its colour, which is left empty; DamagedFile if the alpha plane is wrong."""
    header = container.header
    payloads = {box.tag: box.payload for box in container.boxes}
    alpha = None
    with stage(Stage.CONTAINER):
        if ALPHA in payloads:
            rows = slice(area.rows.start << area.shrink, min(header.height, area.rows.stop << area.shrink))
            columns = slice(
                area.columns.start << area.shrink, min(header.width, area.columns.stop << area.shrink)
            )
            size = header.height, header.width, header.bit_depth
            alpha = shrunk(alpha_region(payloads[ALPHA], *size, rows, columns), area.shrink)
    icc, exif, xmp = (payloads.get(tag, b"") for tag in (ICC, EXIF, XMP))
    return Picture(np.empty((0, 0), dtype_of(header.bit_depth)), alpha, icc, exif, xmp, header.bit_depth)
