# SPDX-License-Identifier: Apache-2.0
"""Every error of mezzotint/errors.py as a row: its name, when it is raised, and the usual remedy."""

from __future__ import annotations

import inspect

from grid import table

from mezzotint import errors


def markdown() -> str:
    """The classes in the order of the file."""
    found = [
        each
        for each in vars(errors).values()
        if inspect.isclass(each)
        and issubclass(each, errors.MezzotintError)
        and each is not errors.MezzotintError
    ]
    return table(
        ("error", "when", "what to do, unless the message knows better"),
        [(f"`{each.__name__}`", inspect.getdoc(each) or "", each.usual_remedy) for each in found],
    )
