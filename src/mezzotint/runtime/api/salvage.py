# SPDX-License-Identifier: Apache-2.0
"""What is left of a damaged .mzt file: what people call as `mezzotint.salvage`.

    bytes -> the container, or what is left of it -> salvage.py -> picture with lost tiles marked, and what was lost

`decode` never comes here: without being asked for, a damaged file gives no picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

from mezzotint.bitstream import Limits, read
from mezzotint.bitstream.salvage import Remains, read_damaged
from mezzotint.errors import DamagedFile, TruncatedFile, UsageError
from mezzotint.runtime import deadline, pictures, room
from mezzotint.runtime.api.decode import fitting
from mezzotint.runtime.api.names import ModelName, Source
from mezzotint.runtime.latents import open_model, thread_count
from mezzotint.runtime.salvage import salvage_picture
from mezzotint.runtime.stages import Stage, stage

if TYPE_CHECKING:
    from PIL.Image import Image

    from mezzotint.runtime.pictures import Picture
    from mezzotint.runtime.pictures.picture import Samples

P = TypeVar("P")  # an array, a Pillow image or a Picture


@dataclass(frozen=True, eq=False)
class Salvaged(Generic[P]):
    """A picture and what its file has lost.

    - `picture`: an array, a Pillow image or a `Picture`; lost tiles are marked with diagonal stripes, and opaque
    - `lost`: (x, y, width, height) of each of those tiles, in pixels, row by row
    - `lost_boxes`: tags of metadata that was damaged and left out, such as "eXIF"; "?" where even the tag is damaged
    - `alpha_lost`: whether the transparency was damaged and the picture is opaque
    - `whole`: whether the file is sound, and this the picture that `decode` gives
    """

    picture: P
    lost: tuple[tuple[int, int, int, int], ...]
    lost_boxes: tuple[str, ...]
    alpha_lost: bool
    whole: bool


@overload
def salvage(
    data: Source,
    *,
    as_: Literal["array"] = ...,
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Salvaged[Samples]: ...


@overload
def salvage(
    data: Source,
    *,
    as_: Literal["pillow"],
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Salvaged[Image]: ...


@overload
def salvage(
    data: Source,
    *,
    as_: Literal["picture"],
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Salvaged[Picture]: ...


def salvage(
    data: Source,
    *,
    as_: Literal["array", "pillow", "picture"] = "array",
    model: ModelName = None,
    threads: int | None = None,
    limits: Limits | None = None,
) -> Salvaged[Samples] | Salvaged[Image] | Salvaged[Picture]:
    """The undamaged tiles of a .mzt file that is damaged or cut off, the others marked with stripes.

    Options and pictures are those of `decode`. Nothing is accepted whose checksum does not agree: a tile with one
    damaged chunk is lost, metadata that is damaged is left out, and where the transparency is damaged the picture is
    opaque. In a lossy file, pixels within the model's halo of a lost tile may differ from what they were;
    docs/salvage.md tells all. A sound file gives what `decode` gives, and `whole`. A file may also be damaged and have
    lost nothing, as with bytes too many at its end: then `whole` is false and nothing is listed.

    DamagedFile or TruncatedFile where the header is damaged or no tile is whole; all else as of `decode`.
    """
    if as_ not in ("array", "pillow", "picture"):
        raise UsageError(f"as_={as_!r} is unknown", "choose 'array', 'pillow' or 'picture'")
    threads = thread_count(threads)
    limits = Limits.given(limits)
    with room.told(), deadline.within(limits.max_seconds):
        bundle = fitting(data, limits, model, as_)
        remains, sound = _remains(data, limits)
        opened = None if bundle is None else open_model(bundle, threads)
        if opened is not None:
            opened.prepare("dequantise", "synthesis")
        found = salvage_picture(remains.container, opened)
        lost = tuple((each.left, each.top, each.width, each.height) for each in found.lost)
        whole = sound and not lost and not found.alpha_lost
        about = lost, remains.lost_boxes, found.alpha_lost, whole
        if as_ == "picture":
            return Salvaged(found.picture, *about)
        with stage(Stage.PIXELS):
            if as_ == "pillow":
                return Salvaged(pictures.to_pillow(found.picture), *about)
            return Salvaged(pictures.to_array(found.picture), *about)


def _remains(data: Source, limits: Limits) -> tuple[Remains, bool]:
    """7: what can be read, and whether that is all."""
    with stage(Stage.CONTAINER):
        try:
            return Remains(read(data, limits, deadline.check), (), alpha_lost=False), True
        except (DamagedFile, TruncatedFile) as error:
            reason = error
        remains = read_damaged(data, limits, deadline.check)
        if remains is None:
            raise type(reason)(f"{reason.what}, and no tile is whole", "copy or download the file again")
        return remains, False
