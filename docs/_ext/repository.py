# SPDX-License-Identifier: Apache-2.0
"""Links of a page to folders elsewhere in the repository: they work on GitHub, and are plain names on the site.

MyST itself makes downloads of files, and a link to what does not exist stays a warning.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class Named(SphinxPostTransform):
    """Leaves the words of such a link."""

    default_priority = 8  # before MyST looks for what they could mean

    def run(self, **_: object) -> None:
        for link in list(self.document.findall(pending_xref)):
            target = str(link.get("reftarget", ""))
            page = Path(self.env.doc2path(str(link.get("refdoc", self.env.docname))))
            if link.get("reftype") == "myst" and target.startswith("../") and (page.parent / target).is_dir():
                link.replace_self(link.children)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(Named)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
