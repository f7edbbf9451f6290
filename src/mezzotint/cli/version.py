# SPDX-License-Identifier: Apache-2.0
"""`mzt version`: what a bug report should state."""

from __future__ import annotations

import json
import platform

import click

from mezzotint._version import __version__
from mezzotint.cli import options

_PACKAGES = ("numpy", "pillow", "onnxruntime", "constriction")


@click.command(short_help="Print versions, as for a bug report.", epilog="\b\nExample:\n  mzt version --json")
@options.as_json
def version(as_json: bool) -> None:
    """Print the versions of Mezzotint, Python and the packages it stands on."""
    from importlib import metadata

    versions = {"mezzotint": __version__, "python": platform.python_version()}
    versions.update({package: metadata.version(package) for package in _PACKAGES})
    versions["machine"] = f"{platform.system()} {platform.machine()}"
    if as_json:
        click.echo(json.dumps(versions, indent=2))
        return
    for name, value in versions.items():
        click.echo(f"{name:<13} {value}")
