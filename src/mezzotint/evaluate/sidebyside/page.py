# SPDX-License-Identifier: Apache-2.0
"""One HTML page with two pictures and their numbers, complete in itself: it opens from a disk, without a network.

page.html is the frame, page.css and page.js stand in it word for word. The page's own policy (CSP) allows that script
and that style by their hashes, pictures as data URIs, and nothing else; so whatever a file name holds, it stays text.
Trap: `Template` does not look into what it has put in, and every value but the hashes is escaped here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template

from mezzotint.evaluate.sidebyside import words
from mezzotint.evaluate.sidebyside.apart import Apart
from mezzotint.evaluate.sidebyside.crop import Crop
from mezzotint.evaluate.sidebyside.embedded import data_uri
from mezzotint.evaluate.sidebyside.samples import Pair, at_eight_bits
from mezzotint.one_line import spelled


@dataclass(frozen=True)
class Side:
    """What is known of a file beside its samples."""

    name: str
    size: int  # bytes of the file
    coding: str  # such as "PNG" or "mzt, quality 60"
    icc: bytes = b""  # an RGB profile, or empty


def page(a: Side, b: Side, pair: Pair, apart: Apart, part: Crop, command: str | None) -> bytes:
    """The page, UTF-8. `part` is what it shows of the pictures; `command` makes B from A, if there is one."""
    seen = at_eight_bits(pair)
    style, script = _resource("page.css"), _resource("page.js")
    height, width = pair.one.colour.shape[:2]
    values = {
        "policy": _policy(style, script),
        "a_name": escape(spelled(a.name)),
        "b_name": escape(spelled(b.name)),
        "kind": "seethrough" if pair.transparent else "opaque",
        "width": str(part.width),
        "height": str(part.height),
        "a_uri": data_uri(seen.one, part, a.icc),
        "b_uri": data_uri(seen.other, part, b.icc),
        "costs": _rows(words.costs(a, b, width * height)),
        "numbers": _numbers(words.numbers(apart)),
        "notices": "".join(f"<li>{escape(line)}</li>" for line in words.notices(a, b, pair, part)),
        "command": escape(command or ""),
        "no_command": "hidden" if command is None else "",
    }
    text = Template(_resource("page.html")).substitute(values, style=style, script=script)
    return text.encode()


def _resource(name: str) -> str:
    """A file beside this one, its lines ending in "\\n" as browsers hash them."""
    return (resources.files(__package__ or "") / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    allowed = {"script-src": script, "style-src": style}
    hashes = "; ".join(f"{what} 'sha256-{_hash(text)}'" for what, text in allowed.items())
    return f"default-src 'none'; img-src data:; {hashes}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _rows(rows: Iterable[tuple[str, str, str]]) -> str:
    return "".join(
        f'<tr><th scope="row">{escape(what)}</th><td>{escape(one)}</td><td>{escape(other)}</td></tr>'
        for what, one, other in rows
    )


def _numbers(rows: Iterable[words.Number]) -> str:
    return "".join(
        f"<div><dt>{escape(row.name)}</dt><dd><b>{escape(row.value)}</b> <span>{escape(row.meaning)}</span></dd></div>"
        for row in rows
    )
