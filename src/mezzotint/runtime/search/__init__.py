# SPDX-License-Identifier: Apache-2.0
"""Size and quality as people say them: the quality whose file reaches a target, without coding at every quality.

Takes: a Picture, a Target (targets.py), an opened model, and what `encode_picture` takes beside.
Gives: `Found`: the bytes of the best file that holds the target, and what it reached.
May import: everything of `runtime` but `api`. Only `coders` and `exact` encode, only `measure` decodes.

    sample of blocks --a few qualities--> Guide, a curve --+
                       whole picture, coded once or twice  +--> the file

How many bytes a picture takes at a quality differs from picture to picture by a factor of two; how that changes with
the quality differs little, and an eighth of the blocks tells it. So the sample says where to code the whole picture,
and the size of that says how far the sample was off. The second try is then right, or the third. The analysis, more
than half of the work, runs once: y of a nearby quality serves (coders.py).
"""

from mezzotint.runtime.search.find import find
from mezzotint.runtime.search.found import Found

__all__ = ["Found", "find"]
