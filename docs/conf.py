# SPDX-License-Identifier: Apache-2.0
"""How the site is built from the Markdown in this folder: `make docs`.

Warnings are fatal there (-W), links within the site are checked after the build (_ext/links.py), and nothing is
fetched: no intersphinx, no fonts, no scripts from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import mezzotint

project = "Mezzotint"
author = "the Mezzotint authors"
copyright = f"{author}, Apache-2.0"
version = release = mezzotint.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "made", "diagrams", "docstrings", "repository", "links"]
exclude_patterns = ["_build", "_ext", "_static"]

# Plain Markdown, as GitHub shows it too; headings get GitHub's anchors.
myst_heading_anchors = 4
smartquotes = False

# Every name in a signature must lead somewhere, but for those of packages whose documentation is not built here.
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(np|numpy|PIL|Image|ImageFile|NDArray|ArrayLike|numcodecs|zarr|imageio|asyncio)(\..*)?"),
    (
        "py:.*",
        r"(Samples|Source|ModelName|Region|Progress|Any|Literal|Collection|optional|os\.PathLike|Path)",
    ),
]
default_role = "code"  # docstrings write names as Markdown does
autodoc_member_order = "bysource"
autodoc_type_aliases = {  # names that signatures use without their module
    "Found": "mezzotint.runtime.search.Found",
    "Picture": "mezzotint.runtime.pictures.Picture",
}
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 70
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = f"Mezzotint {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#8a3f14", "color-brand-content": "#8a3f14"},
    "dark_css_variables": {"color-brand-primary": "#f0b48a", "color-brand-content": "#f0b48a"},
    "navigation_with_keys": True,
}
