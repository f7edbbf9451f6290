# SPDX-License-Identifier: Apache-2.0
"""XMP edited in place: the orientation becomes 1, GPS properties go, everything else keeps its bytes.

XMP is RDF in XML, and a property may be an attribute or an element. No XML parser is used, since its entities and
namespaces would rewrite the packet, and a DTD can make a few bytes expand to gigabytes: the packet is cut at its tags,
and one that cannot be cut cleanly is not trusted with anybody's location.
"""

from __future__ import annotations

import re

# Names end at 64 bytes: they become part of a pattern, and compiling one of megabytes takes seconds and gigabytes.
_TIFF = re.compile(rb"""xmlns:([\w.-]{1,64})\s*=\s*["']http://ns\.adobe\.com/tiff/1\.0/["']""")
_NAME = rb"""[^\s=<>"'/!?&]+"""
_ATTRIBUTE = re.compile(rb"""\s+(""" + _NAME + rb""")\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_PIECE = re.compile(
    rb"(?P<text>[^<]+)|(?P<aside><\?.*?\?>|<!--.*?-->|<!\[CDATA\[.*?\]\]>)|</(?P<end>"
    + _NAME
    + rb")\s*>|<(?P<start>"
    + _NAME
    + rb")(?P<attributes>(?:"
    + _ATTRIBUTE.pattern
    + rb"){0,1000})\s*(?P<empty>/?)>",  # a tag of millions of attributes would take gigabytes to match
    re.DOTALL,
)
_MOST_PIECES = 1 << 20  # tags and texts; real packets have thousands, and hostile ones must not cost seconds
_GPS = re.compile(rb"(?:[^:]*:)?gps", re.IGNORECASE)  # exif:GPSLatitude, drone-dji:GpsLongitude, ...
_PLACE = re.compile(rb"gps\w{0,40}?(?:lat|lon)", re.IGNORECASE)


def orientation(xmp: bytes) -> int:
    """1..8 as `exif.orientation`; 0 where the XMP does not say."""
    found = next((match for form in _forms(xmp) if (match := form.search(xmp))), None)
    return int(found[2]) if found and 1 <= int(found[2]) <= 8 else 0


def upright(xmp: bytes) -> bytes:
    """The XMP of a picture whose pixels are upright: its tiff:Orientation, where it has one, is 1."""
    for form in _forms(xmp):
        xmp = form.sub(rb"\g<1>1", xmp)
    return xmp


def _forms(xmp: bytes) -> list[re.Pattern[bytes]]:
    """Patterns for the property: all up to its digit, and the digit."""
    names = {b"tiff", *_TIFF.findall(xmp)[:8]}  # a packet binds a namespace once
    name = b"(?:" + b"|".join(re.escape(name) for name in sorted(names)) + b"):Orientation"
    attribute = rb"""((?<=\s)""" + name + rb"""\s*=\s*["']\s*)(\d)(?=\s*["'])"""
    element = rb"(<" + name + rb"(?:\s[^<>]*)?>\s*)(\d)(?=\s*<)"
    return [re.compile(attribute), re.compile(element)]


def without_location(xmp: bytes) -> bytes | None:
    """The XMP without properties whose name begins with GPS, in any namespace; None where one cannot be sure.

    That is: a DTD, another encoding than UTF-8, over 1000 attributes in a tag, over 2^20 tags and texts, or anything
    that is no well-formed XML.
    """
    kept: list[bytes] = []
    open_names: list[bytes] = []
    hidden_from: int | None = None  # the depth at which an element that goes was opened
    position = 0
    pieces = 0
    while position < len(xmp):
        piece = _PIECE.match(xmp, position)
        pieces += 1
        if piece is None or pieces > _MOST_PIECES:
            return None
        position = piece.end()
        text = piece[0]
        if piece["start"] is not None:
            if hidden_from is None and _GPS.match(piece["start"]):
                hidden_from = len(open_names)
            text = _without_attributes(piece)
            open_names.append(piece["start"])
        if hidden_from is None:
            kept.append(text)
        if piece["end"] is not None or piece["empty"]:
            if not open_names or piece["end"] not in (None, open_names[-1]):
                return None
            open_names.pop()
            if hidden_from == len(open_names):
                hidden_from = None
    rest = b"".join(kept)
    # Zeros are another encoding; a place that is still there hides in a comment or in quoted XML.
    return None if open_names or b"\0" in rest or _PLACE.search(rest) else rest


def _without_attributes(piece: re.Match[bytes]) -> bytes:
    """A start tag without its attributes that begin with GPS."""
    found = list(_ATTRIBUTE.finditer(piece["attributes"]))
    if not any(_GPS.match(attribute[1]) for attribute in found):
        return piece[0]
    kept = b"".join(attribute[0] for attribute in found if not _GPS.match(attribute[1]))
    return b"<" + piece["start"] + kept + piece["empty"] + b">"
