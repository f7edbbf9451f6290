# SPDX-License-Identifier: Apache-2.0
"""Where the rows come from: what `mzt eval` has left in a folder, and about.json in words."""

from __future__ import annotations

import csv
from pathlib import Path

from mezzotint.errors import DamagedFile, FileAccess
from mezzotint.evaluate import about, rows
from mezzotint.evaluate.about import About
from mezzotint.evaluate.report.contents import Report
from mezzotint.evaluate.rows import Row

_FAILURES = 10  # by name


def read(folder: Path) -> tuple[list[Row], About | None]:
    """The rows of a folder and what is known of them; FileAccess without rows.csv, DamagedFile if it is no table."""
    path = folder / rows.NAME
    make = f"make it with `mzt eval PICTURES -o {folder}`"
    try:
        if not path.exists():
            raise FileAccess(f"{path} does not exist", make)
        found, known = rows.read(path), about.read(folder)
    except DamagedFile as error:
        raise DamagedFile(error.what, make) from None
    except csv.Error:
        raise DamagedFile(f"{path} is not a table of measurements", make) from None
    except OSError as reason:
        raise FileAccess(f"{folder} cannot be read: {reason.strerror or reason}") from None
    if not found:
        raise FileAccess(f"{path} holds no measurement", make)
    return found, known


def facts(report: Report) -> tuple[tuple[str, str], ...]:
    """(name, value), in the order in which a person asks; the versions of the codecs at the end."""
    known = report.about
    versions = tuple((entry.label, entry.version) for entry in report.measured)
    if known is None:
        return versions
    machine = known.machine
    packages = ", ".join(f"{package.name} {package.version}" for package in machine.packages)
    return (
        ("command", machine.command),
        *(("earlier command", command) for command in known.earlier),
        ("commit", machine.commit or "not from a checkout"),
        ("images", f"{known.set_name}, {known.images}"),
        ("processor", f"{machine.processor}, {machine.cores} cores, {known.jobs} processes"),
        ("system", f"{machine.system}, Python {machine.python}"),
        ("packages", packages),
        ("model", machine.model),
        *versions,
    )


def notes(known: About | None) -> tuple[str, ...]:
    """What a reader must know about a run: that it is not finished, what failed, what was not there."""
    if known is None:
        return ("about.json is missing: where these rows come from is not known",)
    lines = [] if known.finished else ["the run is not finished; `mzt eval` goes on with it"]
    lines += known.left_out
    lines += [failure.line() for failure in known.failures[:_FAILURES]]
    rest = len(known.failures) - _FAILURES
    lines += [f"and {rest} more failures, in about.json"] if rest > 0 else []
    lines += [f"{note.image}: {note.text}" for note in known.notes[:_FAILURES]]
    return tuple(lines)
