# SPDX-License-Identifier: Apache-2.0
"""The imageio plugin: ``import mezzotint.plugins.imageio`` teaches imageio to read and write .mzt files.

    iio.imwrite("photo.mzt", pixels, quality=60)                 also lossless=, target_bytes= and so on
    iio.imread("photo.mzt", region=(0, 0, 512, 512))             also scale=, partial=
    iio.improps("photo.mzt"), iio.immeta("photo.mzt")            read the header, and the boxes

imageio finds no plugin of a third party by itself: the import is what registers this one (once, however often). With
it 16-bit colour comes and goes, which no path through Pillow can carry. Trap: imageio wants an InitializationError, and
nothing else, for whatever another plugin may know better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from imageio.config import FileExtension, PluginConfig, extension_list, known_extensions, known_plugins
from imageio.core.request import InitializationError, IOMode, Request
from imageio.core.v3_plugin_api import ImageProperties, PluginV3
from numpy.typing import ArrayLike, NDArray

import mezzotint
from mezzotint.bitstream import EXIF, ICC, MAGIC, MAX_QUALITY, XMP, Alpha, Mode, read

NAME, SUFFIX = "mezzotint", ".mzt"
_BOXES = {ICC: "icc_profile", EXIF: "exif", XMP: "xmp"}  # the names that Pillow uses


class MezzotintPlugin(PluginV3):
    """One .mzt file being read or written, which holds one picture."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        if request.mode.io_mode == IOMode.read:
            if not request.firstbytes.startswith(MAGIC):
                raise InitializationError("this is no .mzt file")
        elif SUFFIX not in (request.extension, request.format_hint):
            raise InitializationError(f"only {SUFFIX} files are written")
        self._data: bytes | None = None

    def read(self, *, index: Any = None, **options: Any) -> NDArray[Any]:
        """The pixels, uint8 or uint16: (H, W), (H, W, 3) or (H, W, 4); with `index=...`, (1, H, W, ...).

        `options` are those of `mezzotint.decode`: region, scale, partial, threads, model, limits. ValueError for an
        index other than 0, None and `...`; the errors of `mezzotint.decode` for a file that cannot be decoded.
        """
        self._check(index)
        pixels: NDArray[Any] = mezzotint.decode(self._bytes(), **options)
        return pixels[None] if index is ... else pixels

    def iter(self, **options: Any) -> Iterator[NDArray[Any]]:
        """The one picture."""
        yield self.read(index=0, **options)

    def write(self, ndimage: ArrayLike | list[ArrayLike], **options: Any) -> bytes | None:
        """Encode pixels, uint8 or uint16 (H, W), (H, W, 3) or (H, W, 4); a list or batch of one is taken too.

        `options` are those of `mezzotint.encode`: quality, lossless, max_error, target_bytes and so on; `is_batch`
        says that the first axis counts pictures. ValueError for several pictures; the errors of `mezzotint.encode`.
        """
        batch = options.pop("is_batch", None)
        pixels = np.asarray(ndimage)
        if isinstance(ndimage, list) or batch or (batch is None and pixels.ndim == 4):
            if len(pixels) != 1:
                raise ValueError(
                    f"a {SUFFIX} file holds one picture, not {len(pixels)}: write each to its own"
                )
            pixels = pixels[0]
        data = mezzotint.encode(pixels, **options)
        self.request.get_file().write(data)
        return data if self.request.raw_uri == "<bytes>" else None

    def properties(self, index: Any = None) -> ImageProperties:
        """Shape and dtype as `read` would give them, from the header alone."""
        self._check(index)
        header = mezzotint.read_header(self.request.firstbytes)
        planes = () if header.channels == 1 else (3,)
        if header.alpha != Alpha.NONE:
            planes = (4,)
        shape = (header.height, header.width, *planes)
        dtype = np.dtype(np.uint8 if header.bit_depth <= 8 else np.uint16)
        if index is ...:
            return ImageProperties((1, *shape), dtype, n_images=1, is_batch=True)
        return ImageProperties(shape, dtype)

    def metadata(self, index: Any = None, exclude_applied: bool = True) -> dict[str, Any]:
        """What the file says about itself, and icc_profile, exif and xmp as bytes where it holds them.

        No orientation is left to apply (`exclude_applied` therefore changes nothing): it was when the file was made.
        """
        self._check(index)
        container = read(self._bytes())
        header = container.header
        found: dict[str, Any] = {
            "mode": header.mode.name.lower(),
            "bit_depth": header.bit_depth,
            "model_id": header.model_id.hex(),
        }
        if header.mode == Mode.LOSSY:
            found["quality"] = 100 * header.quality / MAX_QUALITY
        boxes = {_BOXES[box.tag]: bytes(box.payload) for box in container.boxes if box.tag in _BOXES}
        return found | boxes

    def _bytes(self) -> bytes:
        if self._data is None:
            self._data = self.request.get_file().read()
        return self._data

    def _check(self, index: Any) -> None:
        if index not in (0, None, ...):
            raise ValueError(f"there is no picture {index}: a {SUFFIX} file holds one, with index 0")


def register() -> None:
    """Make the plugin known to imageio; a second time changes nothing."""
    known_plugins[NAME] = PluginConfig(NAME, MezzotintPlugin.__name__, __name__, install_name="mezzotint")
    if all(known.priority != [NAME] for known in known_extensions.setdefault(SUFFIX, [])):
        extension = FileExtension(name="Mezzotint", extension=SUFFIX, priority=[NAME])
        extension_list.append(extension)
        known_extensions[SUFFIX].append(extension)


register()
