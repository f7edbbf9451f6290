# SPDX-License-Identifier: Apache-2.0
"""Specs of quantizers: wrong options are one line with a remedy, and every part says where it comes from."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import mezzotint.lab.quantizers as package
from mezzotint.lab.quantizers import QUANTIZERS

for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")


@pytest.mark.parametrize(
    "spec",
    [
        "noise(step=2)",
        "softround(first=4, last=2)",
        "softround(last=40.0)",
        "softround(steps=0)",
        "fsq(levels=())",
        "fsq(levels=(8, 1))",
        "fsq(levels=(256, 256, 256, 256))",
        "fsq(levels=8)",
        "vq(codes=0)",
        "vq(groups=5)",
        "vq(decay=1.0)",
        "vq_normalised(width=1)",
        "residual_vq(cells=())",
        "residual_vq(cells=(2, 4))",
        "residual_vq(cells=(4, 0))",
    ],
)
def test_a_wrong_option_is_one_line_with_a_remedy(spec: str) -> None:
    with pytest.raises(ValueError, match="choose|cannot be built") as error:
        QUANTIZERS.build(spec, 24)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("entry", QUANTIZERS.entries(), ids=lambda entry: entry.name)
def test_says_where_it_comes_from(entry) -> None:
    source = entry.source
    assert source.id and source.family and len(source.title) > 8 and 1950 < source.year < 2030
    doc = entry.build.__doc__ or ""
    assert f"``{entry.name}" in doc and "(B, C, H, W)" in doc, "the docstring shows the spec and the axes"
