# SPDX-License-Identifier: Apache-2.0
"""The Pillow plugin: ``import mezzotint.pillow`` teaches Pillow to open and save .mzt files.

    Image.open("photo.mzt")                    reads header and metadata only; pixels are decoded when first used
    image.thumbnail((200, 200))                decodes no more of the file than that needs, as draft() does
    image.save("photo.mzt", quality=60)        every mode; options as those of `mezzotint.encode`: lossless=,
                                               max_error=, target_bytes=, strip=, effort=, threads=, model=, ...;
                                               icc_profile=, exif=, xmp= replace what the image brought along

Pillow finds no plugin of a third party by itself: without the import it says that it "cannot identify image file".
Errors come as OSError (or ValueError for a wrong argument), because that is what code around Pillow catches. Pillow's
own check for decompression bombs applies in `open`, and ImageFile.LOAD_TRUNCATED_IMAGES gives what there is of a file
that was cut off. `verify` looks at all checksums.

    mezzotint.pillow.limits = mezzotint.Limits(max_seconds=10)     what open, load, verify and save accept

Pillow's Image.MAX_IMAGE_PIXELS goes on working, and moves ours as long as `limits` leaves the size of a picture alone:
set higher it lets more pixels through, and None takes pictures of any size. Trap: both are of the whole process.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from typing import IO, Any

from PIL import Image, ImageFile

from mezzotint.bitstream import (
    EXIF,
    ICC,
    MAGIC,
    MAX_PREAMBLE_SIZE,
    XMP,
    Alpha,
    Header,
    Limits,
    Preamble,
    box_limit,
    read,
    unpack_preamble,
)
from mezzotint.bitstream.limits import DEFAULT, NO_LIMIT, OF_SIZE
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile, MezzotintError, TruncatedFile, UsageError

FORMAT = "MZT"
limits = Limits()  # to be replaced by whoever wants others
_MODES = {
    (1, Alpha.NONE): "L",
    (1, Alpha.STRAIGHT): "LA",
    (3, Alpha.NONE): "RGB",
    (3, Alpha.STRAIGHT): "RGBA",
}
_SHRINKS = (8, 4, 2)  # what decode(scale=) offers
_KEYS = {ICC: "icc_profile", EXIF: "exif", XMP: "xmp"}  # in `Image.info`
_OPTIONS = (
    *("lossless", "max_error", "target_bytes", "target_bpp", "target_psnr", "target_ssim"),
    *("strip", "effort", "threads", "model"),
)
_BOX_HEAD = 4 + 5 + 4  # tag, the longest length, checksum


class MezzotintImageFile(ImageFile.ImageFile):
    """A .mzt file whose pixels are still to be decoded."""

    format = FORMAT
    format_description = "Mezzotint"

    def _open(self) -> None:
        assert self.fp is not None
        try:
            preamble = unpack_preamble(self.fp.read(MAX_PREAMBLE_SIZE), _limits())
        except MezzotintError as error:
            raise OSError(str(error)) from error
        header = preamble.header
        self._size = header.width, header.height
        self._mode = _mode(header)
        self._shrink, self._length = 1, preamble.total_length
        self.info.update(_metadata(self.fp, preamble, _limits()))
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> Any:
        """Have `load` decode at 1/2, 1/4 or 1/8, the smallest that is at least `size`; `mode` stays what it is.

        Gives the mode and the box of the whole picture in the new pixels, or None where nothing is changed.
        """
        if not size or not self.tile or self._shrink > 1:
            return None
        width, height = self.size
        most = min(width // max(1, size[0]), height // max(1, size[1]))
        self._shrink = next((shrink for shrink in _SHRINKS if shrink <= most), 1)
        self._size = -(-width // self._shrink), -(-height // self._shrink)
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
        return self.mode, (0, 0, width / self._shrink, height / self._shrink)

    def load(self) -> Any:
        """Decode; the pixels that come out become this image's own, without another copy of them."""
        if self.tile and self.fp is not None:
            from mezzotint.runtime.api.decode import decode

            try:
                decoded = decode(
                    self._content(),
                    as_="pillow",
                    scale=1 / self._shrink,
                    partial=ImageFile.LOAD_TRUNCATED_IMAGES,
                    limits=_limits(),
                )
            except MezzotintError as error:
                raise OSError(str(error)) from error
            if (decoded.size, decoded.mode) != (self.size, self.mode):
                raise OSError("the file has changed since it was opened; open it again")
            if self._exclusive_fp:
                self.fp.close()
            self.fp, self.im, self.tile = None, decoded.im, []
        return super().load()

    def verify(self) -> None:
        """Check all checksums without decoding; OSError where one is wrong. Then the file has to be opened anew."""
        if self.fp is not None:
            from mezzotint.runtime import deadline

            allowed = _limits()
            try:
                with deadline.within(allowed.max_seconds):
                    read(self._content(), allowed, deadline.check)
            except MezzotintError as error:
                raise OSError(str(error)) from error
        super().verify()

    def _content(self) -> bytes:
        """The whole file; DamagedFile for one longer than its header says, of which no more is read."""
        assert self.fp is not None
        self.fp.seek(0, io.SEEK_END)
        size = self.fp.tell()
        if size > self._length:
            raise DamagedFile(f"the file should have {self._length} bytes and has {size}")
        self.fp.seek(0)
        return self.fp.read()


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(MAGIC)


def _limits() -> Limits:
    """`limits`, but whoever lifts Pillow's limit of pixels lifts ours with it: those that nobody has set."""
    allowed, asked = Image.MAX_IMAGE_PIXELS, Limits.given(limits)
    if allowed is None:
        unset = [field for field in OF_SIZE if getattr(asked, field) == getattr(DEFAULT, field)]
        return replace(asked, **dict.fromkeys(unset, NO_LIMIT))
    if asked.max_pixels == DEFAULT.max_pixels:  # Pillow refuses from twice its own number on
        return replace(asked, max_pixels=max(asked.max_pixels, 2 * allowed))
    return asked


def _mode(header: Header) -> str:
    """As `to_pillow` gives it: Pillow has a deep mode for grey only."""
    if header.bit_depth > 8 and (header.channels, header.alpha) == (1, Alpha.NONE):
        return "I;16"
    return _MODES[header.channels, header.alpha]


def _metadata(file: IO[bytes], preamble: Preamble, allowed: Limits) -> dict[str, bytes]:
    """Profile, EXIF and XMP, without reading on to the pixels; what is damaged is left to `load` to complain about."""
    found: dict[str, bytes] = {}
    place = preamble.size
    try:
        for _ in range(preamble.box_count):
            file.seek(place)
            reader = Reader(file.read(_BOX_HEAD), past_end=TruncatedFile)
            tag = bytes(reader.take(4, "a box"))
            length = reader.varint("a box")
            checksum = reader.unsigned(4, "a box")
            if tag in _KEYS and length <= box_limit(tag, preamble.header, allowed):
                file.seek(place + reader.position)
                payload = file.read(length)
                if len(payload) == length and zlib.crc32(payload, zlib.crc32(tag)) == checksum:
                    found[_KEYS[tag]] = b"Exif\0\0" + payload if tag == EXIF else payload
            place += reader.position + length
    except MezzotintError:
        pass
    return found


def _save(image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
    from mezzotint.runtime.api.encode import encode

    asked = image.encoderinfo
    given = {key: asked[key] for key in _KEYS.values() if key in asked}
    if given or (
        getattr(image, "is_animated", False) and image.tell()
    ):  # of later frames, Pillow saves the current
        image = image.copy()
    for key, value in given.items():  # what is passed to save() replaces what the image brought along
        image.info[key] = value.tobytes() if isinstance(value, Image.Exif) else value
    options = {key: asked[key] for key in _OPTIONS if key in asked}
    try:
        data = encode(image, asked.get("quality", 75), limits=_limits(), **options)
    except UsageError as error:
        raise ValueError(str(error)) from error
    except MezzotintError as error:
        raise OSError(str(error)) from error
    fp.write(data)


Image.register_open(FORMAT, MezzotintImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, ".mzt")
Image.register_mime(FORMAT, "image/x-mezzotint")
