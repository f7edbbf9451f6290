# SPDX-License-Identifier: Apache-2.0
"""Whether what was decoded is the picture that was coded, well enough that its source may be deleted.

A mismatch that no coding explains is an error. Where the source merely holds more, the answer is what more, and it is
kept: to delete too little is the safe mistake.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.picture import Samples

# Lossy coding may move samples by this much; beyond it something may be wrong. A quarter of the variance is 6 dB better
# than a picture of one colour, which every quality of a photo is; 30 dB is for pictures that are nearly flat.
_PART_OF_VARIANCE = 0.25
_LEAST_PSNR = 30.0
_REPORT = "please report this with the picture"
_ROWS = 256  # compared at a time
_WRITTEN = {  # keys of Image.info
    "photoshop": "IPTC data",
    "comment": "comment",
    **{key: f"text {key!r}" for key in ("Title", "Author", "Description", "Copyright", "Comment")},
}
_TAGS = {33723: "IPTC data", 34377: "Photoshop data"}  # of TIFF


def beyond(data: bytes) -> str:
    """What a picture file holds that no .mzt file does, though Pillow reads it: what people wrote about a picture."""
    from mezzotint.bitstream import Limits
    from mezzotint.runtime.pictures.reading import open_image

    if data.startswith(b"\x93NUMPY"):
        return ""
    image = open_image(data, "the file", Limits.none())
    found = [name for key, name in _WRITTEN.items() if image.info.get(key)]
    tags = getattr(image, "tag_v2", {})
    found += [name for tag, name in _TAGS.items() if tag in tags]
    return "; ".join(f"its {name} would be lost" for name in dict.fromkeys(found))


def after_coding(picture: Picture, again: Picture, most: int | None) -> str:
    """Why the source must stay, or ""; `most` is how far a sample may be off, None in a lossy file.

    DamagedFile if the file does not hold what it was made of.
    """
    if (again.colour.shape[:2], again.bit_depth) != (picture.colour.shape[:2], picture.bit_depth):
        raise DamagedFile("the written file decodes to a picture of another size or depth", _REPORT)
    if not np.array_equal(_alpha(picture), _alpha(again)):
        raise DamagedFile("the written file decodes to another transparency", _REPORT)
    worst, squares, variance = _compared(picture.colour, again.colour)
    if most is not None and worst > most:
        raise DamagedFile(f"the written file decodes to samples that are off by {worst}", _REPORT)
    peak = (1 << picture.bit_depth) - 1
    if most is None and squares > max(peak**2 / 10 ** (_LEAST_PSNR / 10), _PART_OF_VARIANCE * variance):
        return "the decoded picture is far from it; choose a higher quality"
    return "; ".join(f"its {name} is not kept whole" for name in _lost(picture, again))


def in_format(picture: Picture, back: Picture, form: str) -> str:
    """Why a .mzt file must stay whose picture was written as `form` and read back, or ""."""
    same = np.array_equal(picture.colour, back.colour) and picture.bit_depth == back.bit_depth
    if not same or not np.array_equal(_alpha(picture), _alpha(back)):
        return f"{form} does not hold every pixel of it"
    return "; ".join(f"{form} does not hold its {name} whole" for name in _lost(picture, back))


def _lost(picture: Picture, again: Picture) -> list[str]:
    pairs = {
        "colour profile": (picture.icc, again.icc),
        "EXIF": (picture.exif, again.exif),
        "XMP": (picture.xmp, again.xmp),
    }
    return [name for name, (mine, other) in pairs.items() if mine != other]


def _alpha(picture: Picture) -> NDArray[np.generic] | int:
    """(H, W), or one number where all is opaque."""
    opaque = (1 << picture.bit_depth) - 1
    return opaque if picture.alpha is None or (picture.alpha == opaque).all() else picture.alpha


def _compared(colour: Samples, again: Samples) -> tuple[int, float, float]:
    """The largest difference of a sample, the mean square of all, and the variance of the source's."""
    worst, squares, total, of_squares, count = 0, 0.0, 0.0, 0.0, 0
    for start in range(0, len(colour), _ROWS):
        mine, other = (each[start : start + _ROWS].astype(np.int64) for each in (colour, again))
        if mine.ndim < other.ndim:  # grey with alpha is decoded as colour
            mine = np.broadcast_to(mine[..., None], other.shape)
        difference = mine - other
        worst = max(worst, int(np.abs(difference).max()))
        squares += float((difference**2).sum())
        total += float(mine.sum())
        of_squares += float((mine**2).sum())
        count += mine.size
    return worst, squares / count, of_squares / count - (total / count) ** 2
