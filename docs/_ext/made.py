# SPDX-License-Identifier: Apache-2.0
"""The directive `{made} NAME`: Markdown that is written while the site is built, from the code or from results/.

    ```{made} verbs
    (made when the site is built: make docs)
    ```

The line in it is for GitHub, which shows no more than that. A maker is a function without arguments that returns
Markdown; MAKERS names them all. `make docs` reads everything anew (-E), so what is made is never older than what it is
made from.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import aims
import dial
import exactness
import failures
import footprint
import outcomes
import pieces
import rivals
import side
import verbs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

MAKERS: dict[str, Callable[[], str]] = {
    "verbs": verbs.markdown,
    "errors": failures.markdown,
    "memory": footprint.totals,
    "memory-terms": footprint.terms,
    "dial": dial.markdown,
    "targets": aims.markdown,
    "rates": rivals.rates,
    "worst": rivals.worst,
    "speeds": rivals.speeds,
    "start": rivals.start,
    "lossless": exactness.markdown,
    "parts": pieces.markdown,
    "attacks": outcomes.markdown,
}


class Made(SphinxDirective):
    """Puts the nodes of that Markdown in its place."""

    required_arguments = 1
    has_content = True  # not read

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name == "side":
            text = side.markdown(Path(self.env.doctreedir) / "made", Path(self.env.srcdir))
        elif name in MAKERS:
            text = MAKERS[name]()
        else:
            raise self.error(f"nothing is made as {name!r}: choose side or one of {', '.join(MAKERS)}")
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("made", Made)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
