# SPDX-License-Identifier: Apache-2.0
"""The model bundle (`.mztm`): the one file at which the lab and the codec meet.

Takes: ONNX bytes and plain integer or float arrays (from the lab), or a file or its bytes.
Gives: `Bundle`, checked and frozen, with its model id, scale map and coding tables; models found by their id.
May import: `intnet`, `entropy`, `errors`. Nothing here runs a graph, unpickles, or needs the onnx package.
"""

from mezzotint.bundle.assembly import assemble, with_preview
from mezzotint.bundle.files import Summary, dump, load, read_summary, save
from mezzotint.bundle.library import default, find, listing, resolve
from mezzotint.bundle.schema import Blob, Bundle, Card, Entry

__all__ = [
    "Blob",
    "Bundle",
    "Card",
    "Entry",
    "Summary",
    "assemble",
    "default",
    "dump",
    "find",
    "listing",
    "load",
    "read_summary",
    "resolve",
    "save",
    "with_preview",
]
