# SPDX-License-Identifier: Apache-2.0
"""A picture inside a page: a data URI of lossless WebP, or of PNG where a side is too long for WebP.

Trap: without `exact` WebP changes the colour of transparent pixels.
"""

from __future__ import annotations

import base64
import io

import numpy as np

from mezzotint.evaluate.sidebyside.crop import Crop
from mezzotint.evaluate.sidebyside.samples import Samples

_LONGEST_WEBP = 16383
_WEBP = {"lossless": True, "exact": True, "method": 1, "quality": 20}  # a tenth of a second a megapixel


def data_uri(samples: Samples, part: Crop, icc: bytes = b"") -> str:
    """The part of an 8-bit picture, decoding to exactly its samples; `icc` is an RGB profile or empty."""
    from PIL import Image

    rows, columns = slice(part.y, part.y + part.height), slice(part.x, part.x + part.width)
    colour = samples.colour[rows, columns]
    alpha = None if samples.alpha is None else samples.alpha[rows, columns]
    image = Image.fromarray(np.ascontiguousarray(colour) if alpha is None else np.dstack([colour, alpha]))
    buffer = io.BytesIO()
    profile = {"icc_profile": icc} if icc else {}
    if max(image.size) <= _LONGEST_WEBP:
        image.save(buffer, "WEBP", **_WEBP, **profile)
        kind = "webp"
    else:
        image.save(buffer, "PNG", compress_level=4, **profile)
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
