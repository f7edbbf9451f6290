# SPDX-License-Identifier: Apache-2.0
"""The public surface: a name appears in or leaves these lists on purpose, with a line in CHANGELOG.md."""

from __future__ import annotations

import importlib

import pytest

import mezzotint
from mezzotint import errors

PUBLIC = [
    "Bundle",
    "ConversionWarning",
    "Header",
    "Limits",
    "MezzotintError",
    "Picture",
    "Salvaged",
    "__version__",
    "decode",
    "encode",
    "read_header",
    "salvage",
]
ERRORS = [
    "BadImage",
    "ConversionWarning",
    "DamagedFile",
    "DamagedModel",
    "FileAccess",
    "LimitExceeded",
    "MezzotintError",
    "MissingExtra",
    "NonFinite",
    "NotMezzotint",
    "OutputExists",
    "TruncatedFile",
    "UnknownModel",
    "UnsupportedMode",
    "UnsupportedVersion",
    "UsageError",
]
PACKAGES = [
    "bitstream",
    "bulk",
    "bundle",
    "cli",
    "entropy",
    "evaluate",
    "intnet",
    "plugins",
    "processes",
    "runtime",
]


def test_top_level_names():
    assert sorted(mezzotint.__all__) == PUBLIC
    assert dir(mezzotint) == PUBLIC
    for name in PUBLIC:
        assert getattr(mezzotint, name) is not None
    with pytest.raises(AttributeError):
        mezzotint.nonsense  # noqa: B018


def test_every_error_is_listed_and_has_a_remedy():
    found = sorted(
        name for name, value in vars(errors).items() if getattr(value, "__module__", "") == errors.__name__
    )
    assert found == ERRORS
    for name in ERRORS:
        kind = getattr(errors, name)
        if issubclass(kind, errors.MezzotintError):
            assert str(kind("what is wrong")).startswith("what is wrong; ")


@pytest.mark.parametrize("package", PACKAGES)
def test_all_of_a_package_exists(package):
    module = importlib.import_module(f"mezzotint.{package}")
    for name in getattr(module, "__all__", ()):
        assert hasattr(module, name)
    words = module.__doc__ or ""
    assert all(word in words for word in ("Takes:", "Gives:", "May import:")), f"docstring of {package}"
