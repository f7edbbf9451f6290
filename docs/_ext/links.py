# SPDX-License-Identifier: Apache-2.0
"""After the build: every link within the site leads to a page and an anchor that exist; links that leave it are listed.

What Sphinx and MyST check is the source; here the HTML is read as a browser would, so that nothing slips through, be it
written by a theme, an extension or a docstring. Nothing is fetched, since the machine that builds has no network:
external links are listed by scheme in external-links.txt, for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

LISTED = "external-links.txt"
_ALLOWED = ("https", "http", "mailto")
_SOUGHT = {"href": ("a", "link", "image", "use"), "src": ("img", "script", "source", "iframe")}


class _Page(HTMLParser):
    """The anchors of a page, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}  # what a browser knows without being told
        self.twice: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for key, value in attributes:
            if value is None:
                continue
            if key == "id" or (key == "name" and tag == "a"):
                if value in self.anchors:
                    self.twice.add(value)
                self.anchors.add(value)
            elif tag in _SOUGHT.get(key, ()):
                self.targets.append(value)


def check(folder: Path) -> tuple[list[str], dict[str, dict[str, set[str]]]]:
    """What is wrong below a folder of HTML, and links that leave it: scheme -> address -> pages."""
    pages = {
        path.resolve(): _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))
    }
    wrong: list[str] = []
    leaving: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, page in pages.items():
        name = path.relative_to(folder.resolve()).as_posix()
        wrong += [f"{name}: two anchors are called {anchor!r}" for anchor in sorted(page.twice)]
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                leaving[parts.scheme or "https"][target].add(name)
            elif fault := _fault(path, parts.path, unquote(parts.fragment), pages):
                wrong.append(f"{name}: the link to {target!r} {fault}")
    for scheme in sorted(set(leaving) - set(_ALLOWED)):
        wrong += [f"a link has the scheme {scheme}: {address}" for address in sorted(leaving[scheme])]
    return wrong, leaving


def _fault(page: Path, path: str, fragment: str, pages: dict[Path, _Page]) -> str:
    """What is wrong with a link within the site, or ""."""
    target = page if not path else (page.parent / unquote(path)).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "leads nowhere"
    if fragment and target in pages and fragment not in pages[target].anchors:
        return "leads to a page without that anchor"
    return ""


def listing(leaving: dict[str, dict[str, set[str]]]) -> str:
    """The external links as text: scheme, address, and the first page that has it."""
    lines = [
        f"{scheme}  {address}  ({min(pages)}{f' and {len(pages) - 1} more' if len(pages) > 1 else ''})\n"
        for scheme, found in sorted(leaving.items())
        for address, pages in sorted(found.items())
    ]
    return "".join(lines)


def _finished(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    wrong, leaving = check(Path(app.outdir))
    Path(app.outdir, LISTED).write_text(listing(leaving), encoding="utf-8")
    counts = ", ".join(f"{len(found)} {scheme}" for scheme, found in sorted(leaving.items())) or "none"
    logger = logging.getLogger(__name__)
    logger.info("links that leave the site, listed in %s and not fetched: %s", LISTED, counts)
    for fault in wrong:
        logger.warning(fault)  # which -W makes fatal


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", _finished, priority=900)  # behind whoever writes more pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
