# SPDX-License-Identifier: Apache-2.0
"""Picture files for the commands: what their bytes hold, and the bytes of a result.

The work is done in `runtime.pictures`; no command needs to know in which of its files.
"""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image

from mezzotint.bitstream import Limits
from mezzotint.bulk.names import Candidates, decoded
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.reading import read_picture
from mezzotint.runtime.pictures.writing import STDOUT_FORM, form_of, write_picture

__all__ = ["STDOUT_FORM", "dump", "form_of", "load_picture", "named_back"]


def load_picture(data: bytes, name: str, limits: Limits, strip: Iterable[str] = ()) -> Picture:
    """The picture in a file's bytes, at its own depth, if it is within the limits. Errors are about `name`."""
    return read_picture(data, name, limits, strip)


def dump(picture: Picture, form: str) -> bytes:
    """The bytes of a picture file; `form` is what `form_of` says."""
    return write_picture(picture, form)


def named_back(suffix: str) -> Candidates:
    """How pictures of this suffix are named after their .mzt files: photo.jpeg.mzt gives photo.jpeg for .jpg."""
    form = form_of(f"picture{suffix}")
    same = (each for each, other in Image.EXTENSION.items() if other == form)
    return decoded(suffix, frozenset({suffix, *same}))
