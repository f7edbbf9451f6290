# SPDX-License-Identifier: Apache-2.0
"""The pictures of a folder: which there are, in what order, under which name, and their pixels.

What is compared are 8-bit RGB pixels, upright. The trap is everything that a picture file holds besides: alpha is left
out and more than 8 bits are scaled down, each with a ConversionWarning, because two codecs that treat it differently
would not be measured on the same picture. Pillow reads 16-bit RGB files as 8 bits and says nothing about it.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import Limits
from mezzotint.errors import (
    BadImage,
    ConversionWarning,
    FileAccess,
    LimitExceeded,
    MezzotintError,
    UsageError,
)

MAX_PIXELS = Limits().max_pixels
# Pillow lists these suffixes but knows no more than a frame around a foreign program, or (EPS) runs one.
_NO_PIXELS = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"})
_OURS = ".mzt"  # a plugin of ours may be registered; a coded file is no original


def find(folder: Path, without: Path | None = None) -> list[Path]:
    """The picture files in a folder and below, by name with numbers in their order ("2.png" before "10.png").

    Hidden files and folders do not count, nor what lies in the folder `without`. FileAccess if the folder cannot be
    read, BadImage if it holds no picture.
    """
    if not folder.exists():
        raise FileAccess(f"{folder} does not exist", "check the path")
    if not folder.is_dir():
        raise FileAccess(
            f"{folder} is not a folder", "name the folder that it is in, and the file with --images"
        )
    known, banned = _suffixes(), None if without is None else without.resolve()
    found = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if _counts(name) and Path(place, name).resolve() != banned]
        paths = [Path(place, name) for name in files if _counts(name)]
        found += [path for path in paths if path.suffix.lower() in known and not _special(path)]
    if not found:
        raise BadImage(
            f"{folder} holds no picture", "name a folder of PNG files, or of others that Pillow opens"
        )
    return sorted(found, key=lambda path: natural(name(path, folder)))


def name(path: Path, folder: Path) -> str:
    """The path below the folder with "/", as it stands in tables; bytes that are no text are spelled out.

    And nothing else is: by this name the rows of earlier runs are found again.
    """
    text = path.relative_to(folder).as_posix()
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def natural(text: str) -> tuple[list[tuple[int, str]], str]:
    """A key to sort names by: words without regard to case, numbers by their value."""
    parts = re.split(r"([0-9]+)", text.casefold())  # word, number, word ...
    return [(int(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)], text


def choose(paths: list[Path], folder: Path, wanted: str) -> list[Path]:
    """Some of `paths`: the first N for "N", else those named, "a.png,sub/b.png"; UsageError for what is not there."""
    if re.fullmatch(r"[0-9]+", wanted.strip()):
        count = int(wanted)
        if not count:
            raise UsageError("--images 0 leaves nothing to measure", "give a number from 1 on, or names")
        return paths[:count]
    names = {name(path, folder): path for path in paths}
    asked = [word.strip() for word in wanted.split(",") if word.strip()]
    missing = [word for word in asked if word not in names]
    if missing or not asked:
        what = f"{folder} holds no picture {', '.join(missing)}" if missing else "--images names no picture"
        raise UsageError(
            what, f"name some of its {len(names)} by their path below it, as in {next(iter(names))}"
        )
    return [path for path in paths if name(path, folder) in set(asked)]


def load(path: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The pixels of a file, (H, W, 3) uint8 RGB, upright; not to be written to.

    Raises BadImage where Pillow cannot read it, LimitExceeded over `max_pixels` and FileAccess where the system
    refuses, all in the form "path: what is wrong". Warns with ConversionWarning of what was left out.
    """
    try:
        return _pixels(path, max_pixels)
    except MezzotintError as error:
        raise type(error)(f"{path}: {error.what}", error.remedy) from None


def _pixels(path: Path, max_pixels: int) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    from mezzotint.runtime.pictures import from_pillow, with_depth

    allowed, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own limit takes its place
    try:
        with Image.open(path) as image:
            if image.width * image.height > max_pixels:
                size = f"{image.width}x{image.height} pixels, over the limit of {max_pixels:,}"
                raise LimitExceeded(size, "raise --max-pixels if you trust the file")
            picture = from_pillow(image, ("exif", "xmp"))
    except UnidentifiedImageError:
        raise BadImage("not a picture that Pillow can read", "take it out of the folder") from None
    except MezzotintError:
        raise
    except Exception as error:  # on a damaged file Pillow's plugins raise nearly anything
        if isinstance(error, OSError) and error.errno is not None:
            raise FileAccess(f"the file cannot be read: {error.strerror}") from None
        raise BadImage(f"the picture is damaged: {error}", "copy or download the file again") from None
    finally:
        Image.MAX_IMAGE_PIXELS = allowed
    if picture.bit_depth > 8:
        what = f"{path}: the picture has {picture.bit_depth} bits a sample and is measured at 8 bits"
        warnings.warn(what, ConversionWarning, stacklevel=2)
        picture = with_depth(picture, 8)
    if picture.alpha is not None and (picture.alpha != 255).any():
        warnings.warn("transparency is left out", ConversionWarning, stacklevel=3)
    colour = picture.colour if picture.colour.ndim == 3 else np.dstack([picture.colour] * 3)
    return np.ascontiguousarray(colour)


def digest(pixels: NDArray[np.uint8]) -> str:
    """The first 12 hex digits of SHA-256 over "H W C " and the samples: what a picture is known by in tables."""
    hashed = hashlib.sha256(b"%d %d %d " % pixels.shape)
    hashed.update(np.ascontiguousarray(pixels).data)
    return hashed.hexdigest()[:12]


def _suffixes() -> frozenset[str]:
    from PIL import Image

    Image.init()
    kinds = Image.registered_extensions().items()
    usable = {suffix for suffix, kind in kinds if kind in Image.OPEN and kind not in _NO_PIXELS}
    return frozenset(usable - {_OURS})


def _counts(name: str) -> bool:
    return not name.startswith(".")  # such as "._1.png", which some systems put beside "1.png"


def _special(path: Path) -> bool:
    """A pipe or a device, which would wait or never end; a dead link is a file that cannot be read."""
    return path.exists() and not path.is_file()


def _refuse(error: OSError) -> None:
    raise FileAccess(f"{error.filename} cannot be read: {error.strerror}", "check its permissions") from None
