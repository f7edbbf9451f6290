# SPDX-License-Identifier: Apache-2.0
"""The Pillow plugin: ``import mezzotint.pillow`` teaches Pillow to open and save .mzt files.

    Image.open("photo.mzt")                    reads the header only; pixels are decoded when first used
    image.save("photo.mzt", quality=60)        also model=, threads=, icc_profile=, exif=, xmp=

Pillow finds no plugin of a third party by itself: the import is what registers this one. Errors come as OSError (or
ValueError for a wrong argument), because that is what code around Pillow catches. Metadata is known once decoded.
"""

from __future__ import annotations

import io
from typing import IO, Any

from PIL import Image, ImageFile

from mezzotint.bitstream import MAGIC, MAX_PREAMBLE_SIZE, Alpha, read_header
from mezzotint.errors import MezzotintError, UsageError

FORMAT = "MZT"
_MODES = {
    (1, Alpha.NONE): "L",
    (1, Alpha.STRAIGHT): "LA",
    (3, Alpha.NONE): "RGB",
    (3, Alpha.STRAIGHT): "RGBA",
}
_METADATA = ("icc_profile", "exif", "xmp")


class MezzotintImageFile(ImageFile.ImageFile):
    """A .mzt file whose pixels are still to be decoded."""

    format = FORMAT
    format_description = "Mezzotint"

    def _open(self) -> None:
        assert self.fp is not None
        try:
            header = read_header(self.fp.read(MAX_PREAMBLE_SIZE))
        except MezzotintError as error:
            raise OSError(str(error)) from error
        self._size = header.width, header.height
        self._mode = _MODES[header.channels, header.alpha]
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]

    def load(self) -> Any:
        """Decode, and hand the pixels to Pillow as if they had been stored raw."""
        if self.tile and self.fp is not None:
            from mezzotint.runtime.decode import decode

            self.fp.seek(0)
            try:
                decoded = decode(self.fp.read(), as_="pillow")
            except MezzotintError as error:
                raise OSError(str(error)) from error
            self.info.update(decoded.info)
            self._exif = None  # whoever asked before the metadata was known may ask again
            if self._exclusive_fp:
                self.fp.close()
            self.fp = io.BytesIO(decoded.tobytes())
        return super().load()

    def load_seek(self, pos: int) -> None:
        """The pixels begin where the stand-in file begins."""


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(MAGIC)


def _save(image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
    from mezzotint.runtime.encode import encode

    asked = image.encoderinfo
    given = {key: asked[key] for key in _METADATA if key in asked}
    if given:  # what is passed to save() replaces what the image brought along
        image = image.copy()
        for key, value in given.items():
            image.info[key] = value.tobytes() if isinstance(value, Image.Exif) else value
    try:
        data = encode(image, asked.get("quality", 75), model=asked.get("model"), threads=asked.get("threads"))
    except UsageError as error:
        raise ValueError(str(error)) from error
    except MezzotintError as error:
        raise OSError(str(error)) from error
    fp.write(data)


Image.register_open(FORMAT, MezzotintImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, ".mzt")
Image.register_mime(FORMAT, "image/x-mezzotint")
