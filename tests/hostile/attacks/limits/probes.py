# SPDX-License-Identifier: Apache-2.0
"""One picture against every field of `Limits`, through every way in: once below, once at, once above the limit.

The picture stays as it is and the limit moves around what the picture has of it, so that each field is met exactly. A
field that nobody has given a value here has no probe, and tests/test_limits.py fails.

Trap: time passes by itself, so for `max_seconds` the clock of deadline.py is made to stand where the limit is.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

import mezzotint
import mezzotint.pillow
from attacks.files import EXIF, XMP, cut, model
from mezzotint.bitstream import Header, Limits, read
from mezzotint.bitstream.limits import word
from mezzotint.cli.program import run
from mezzotint.errors import LimitExceeded
from mezzotint.runtime import deadline, memory
from mezzotint.runtime.tiles import BLOCK, blocks

SECONDS = 2  # that everything takes on the clock that stands; 0 is no limit to the commands
HEIGHT, WIDTH = 66, 34  # two tiles of 64x64
Work = Callable[[Limits], object]


@dataclass(frozen=True)
class Probe:
    """Something done under limits, and what must come of it."""

    field: str
    what: str
    work: Callable[[], object]
    refusals: tuple[type[Exception], ...] = ()  # one of these, which tells of the field; none: it succeeds


@dataclass(frozen=True)
class Way:
    """A way in: what it does, and how much of every limit the picture that goes this way has."""

    name: str
    work: Work
    has: dict[str, int]


def probes(folder: Path) -> Iterator[Probe]:
    """Every field on every way, three times; `folder` takes the files of the commands."""
    for way in ways(folder):
        for field, value in way.has.items():
            for name, most in (("below", value + 1), ("at", value), ("above", value - 1)):
                work = _timed(way.work, value) if field == "max_seconds" else way.work
                refusals = (LimitExceeded,) if most < value else ()
                yield Probe(field, f"{way.name}, {name}", _bound(work, field, most), refusals)


def _bound(work: Work, field: str, most: int) -> Callable[[], object]:
    return lambda: work(replace(Limits(), **{field: most}))


def _timed(work: Work, seconds: int) -> Work:
    """The same on a clock that has gone on by so many seconds when it is looked at again."""

    def timed(limits: Limits) -> object:
        looks = iter([0.0])
        kept, standing = (
            vars(deadline)["time"],
            SimpleNamespace(perf_counter=lambda: next(looks, float(seconds))),
        )
        vars(deadline)["time"] = standing
        try:
            return work(limits)
        finally:
            vars(deadline)["time"] = kept

    return timed


# -- the ways ---------------------------------------------------------------------------------------------


def ways(folder: Path) -> Iterator[Way]:
    for kind, lossless in (("lossy", False), ("lossless", True)):
        data = coded(lossless)
        has = declared(data, decoding=True)
        yield Way(f"decode {kind}", partial(_decode, data), has)
        yield Way(f"decode a region, {kind}", partial(_decode, data, region=(3, 4, 5, 6)), has)
        yield Way(f"decode coarsely, {kind}", partial(_decode, data, partial=True, scale=1 / 4), has)
        yield Way(f"encode {kind}", partial(_encode, lossless), declared(data, decoding=False))
    yield from _pillow(coded(lossless=True))
    yield from _commands(folder, coded(lossless=True))


def _pillow(exact: bytes) -> Iterator[Way]:
    image = pillow_image()
    image.save(saved := io.BytesIO(), "MZT", lossless=True)

    def save() -> None:
        image.save(io.BytesIO(), "MZT", lossless=True)

    has = declared(exact, decoding=True)
    image_too = memory.pillow_memory(mezzotint.read_header(exact))
    loaded = has | {"max_memory": has["max_memory"] + image_too}
    yield Way("Pillow load", partial(under, lambda: opened(exact).load()), loaded)
    yield Way("Pillow verify", partial(under, lambda: opened(exact).verify()), _undecoded(has))
    yield Way("Pillow save", partial(under, save), declared(saved.getvalue(), decoding=False))


def _commands(folder: Path, exact: bytes) -> Iterator[Way]:
    source, picture, target = folder / "in.mzt", folder / "in.png", folder / "out"
    source.write_bytes(exact)
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    image = pillow_image()
    image.save(picture, icc_profile=image.info["icc_profile"], exif=image.info["exif"], pnginfo=info)
    forth = ["encode", str(picture), f"{target}.mzt", "--lossless", "--force", "--quiet"]
    mzt(forth, Limits())
    written = Path(f"{target}.mzt").read_bytes()
    has = declared(exact, decoding=True)
    yield Way("mzt encode", partial(mzt, forth), declared(written, decoding=False))
    yield Way("mzt decode", partial(mzt, ["decode", str(source), f"{target}.png", "-f", "--quiet"]), has)
    yield Way("mzt info", partial(mzt, ["info", str(source)]), _undecoded(has))


def _undecoded(has: dict[str, int]) -> dict[str, int]:
    """Without what only matters to who decodes."""
    return {field: value for field, value in has.items() if field not in ("max_tile_pixels", "max_memory")}


def _decode(data: bytes, limits: Limits, **options: Any) -> object:
    return mezzotint.decode(data, model=_model(data), threads=1, limits=limits, **options)


def _encode(lossless: bool, limits: Limits) -> bytes:
    bundle = None if lossless else model()
    options: dict[str, Any] = {"lossless": True} if lossless else {"quality": 30}
    return mezzotint.encode(described(), model=bundle, threads=1, tile_log2=6, limits=limits, **options)


def under(work: Callable[[], object], limits: Limits) -> object:
    """Something of Pillow with these limits; the LimitExceeded behind an OSError is what counts."""
    kept, mezzotint.pillow.limits = mezzotint.pillow.limits, limits
    try:
        return work()
    except OSError as error:
        raise error.__cause__ or error from None
    finally:
        mezzotint.pillow.limits = kept


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def mzt(arguments: list[str], limits: Limits) -> None:
    """A command with the options that say the same as `limits`; LimitExceeded where it says so, on one line."""
    changed = {field: value for field, value in vars(limits).items() if value != getattr(Limits(), field)}
    options = [part for field, value in changed.items() for part in ("--limit", f"{word(field)}={value}")]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = run([*arguments, *options])
    if status:
        assert status == 1 and said.getvalue().count("\n") == 1, (status, said.getvalue())
        raise LimitExceeded(said.getvalue().strip())


# -- the picture ------------------------------------------------------------------------------------------


def described() -> mezzotint.Picture:
    return mezzotint.Picture(cut(HEIGHT, WIDTH), icc=profile(), exif=EXIF, xmp=XMP)


@cache
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def pillow_image() -> Image.Image:
    image = Image.fromarray(cut(HEIGHT, WIDTH))
    image.info |= {"icc_profile": profile(), "exif": b"Exif\0\0" + EXIF, "xmp": XMP}
    return image


@cache
def coded(lossless: bool) -> bytes:
    """A file of several tiles with three boxes."""
    return _encode(lossless, Limits())


def _model(data: bytes) -> Any:
    return model() if mezzotint.read_header(data).mode.name == "LOSSY" else None


def declared(data: bytes, decoding: bool) -> dict[str, int]:
    """What a file has of each limit, counted here anew."""
    header, boxes = mezzotint.read_header(data), read(data).boxes
    return {
        "max_pixels": header.width * header.height,
        "max_side": max(header.width, header.height),
        "max_boxes": len(boxes),
        "max_box_bytes": max(len(box.payload) for box in boxes),
        "max_chunks": header.layer_count * header.tile_count,
        "max_tile_pixels": tile_pixels(header),
        "max_memory": _memory(header, decoding),
        "max_seconds": SECONDS,
    }


def tile_pixels(header: Header) -> int:
    rows, columns = (
        min(1 << header.tile_log2, blocks(side) * BLOCK) for side in (header.height, header.width)
    )
    return rows * columns


def _memory(header: Header, decoding: bool) -> int:
    card = model().card if header.mode.name == "LOSSY" else None
    formula = memory.decoding_memory if decoding else memory.coding_memory
    return formula(header, card)
