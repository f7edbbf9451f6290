# SPDX-License-Identifier: Apache-2.0
"""SVG files of docs/img go into the page itself, where the site's style colours them, light or dark.

As a file, on GitHub or by itself, such a picture follows the system's preference by its own <style>, which is taken out
here; `_static/site.css` has the same classes in the colours of the theme.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class Inline(SphinxPostTransform):
    """Replaces images by the text of their SVG; HTML only."""

    default_priority = 8  # before images are collected into _images
    formats = ("html",)

    def run(self, **_: object) -> None:
        for image in list(self.document.findall(nodes.image)):
            uri = str(image["uri"])
            if uri.startswith("img/") and uri.endswith(".svg"):
                text = (Path(self.env.srcdir) / uri).read_text(encoding="utf-8")
                svg = re.sub(r"<style>.*?</style>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
                raw = nodes.raw("", f'<div class="diagram">{svg}</div>', format="html")
                whole = image.parent
                if (
                    isinstance(whole, nodes.paragraph) and len(whole) == 1
                ):  # a div is not allowed in a paragraph
                    whole.replace_self(raw)
                else:
                    image.replace_self(raw)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(Inline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
