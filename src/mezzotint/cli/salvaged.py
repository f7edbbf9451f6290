# SPDX-License-Identifier: Apache-2.0
"""What `mzt decode --salvage` does with a file and says of it: --json takes the facts, a person gets a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mezzotint.bitstream import read_header
from mezzotint.errors import UsageError

if TYPE_CHECKING:
    from mezzotint import Picture

_NAMES = {"iCCP": "the colour profile", "eXIF": "EXIF", "xMP": "XMP", "?": "an unknown box"}
_SHOWN = 4  # lost tiles whose places a line tells
_LEFT_OUT = ("region", "scale", "partial")


def check_alone(asked: dict[str, Any]) -> None:
    """UsageError for what does not go with --salvage; `asked` has the options of `decode`."""
    usual = {"region": None, "scale": 1, "partial": False}
    for name in _LEFT_OUT:
        if asked[name] != usual[name]:
            raise UsageError(f"--salvage does not go with --{name}", "leave one of them out")


def salvaged(data: bytes, asked: dict[str, Any]) -> tuple[Picture, dict[str, Any]]:
    """The picture, and what its file has lost."""
    import mezzotint

    options = {name: value for name, value in asked.items() if name not in _LEFT_OUT}
    found = mezzotint.salvage(data, as_="picture", **options)
    return found.picture, {
        "whole": found.whole,
        "tiles": read_header(data, asked["limits"]).tile_count,
        "lost_tiles": found.lost,
        "lost_boxes": found.lost_boxes,
        "alpha_lost": found.alpha_lost,
    }


def words(facts: dict[str, Any]) -> str:
    """What was lost; "" of a sound file, and of one that was decoded without --salvage."""
    if facts.get("whole", True):
        return ""
    lost, parts = facts["lost_tiles"], []
    if lost:
        places = " ".join(",".join(map(str, place)) for place in lost[:_SHOWN])
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        verb = "is" if len(lost) == 1 else "are"
        parts.append(f"{len(lost)} of {facts['tiles']} tiles {verb} lost and marked: {places}{more}")
    if facts["lost_boxes"]:
        names = [_NAMES.get(tag, f"the box {tag}") for tag in facts["lost_boxes"]]
        parts.append(f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} damaged and left out")
    if facts["alpha_lost"]:
        parts.append("the transparency was damaged, the picture is opaque")
    return "; ".join(parts) or "the file is damaged, but nothing of the picture is lost"
