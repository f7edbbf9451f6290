# SPDX-License-Identifier: Apache-2.0
import pytest

from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Registry, Source, parse_spec

SOURCE = Source("a", "family", "A paper", 2020)


def test_specs_are_literals() -> None:
    assert parse_spec("window(8, heads=4)") == ("window", [8], {"heads": 4})
    assert parse_spec("plain") == ("plain", [], {})


@pytest.mark.parametrize("spec", ["window(__import__('os'))", "a.b(1)", "f(**{'x': 1})", "1 + 1", "f(", ""])
def test_anything_else_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="is not a part"):
        parse_spec(spec)


def test_a_name_is_taken_once() -> None:
    registry = Registry("thing")
    registry.register("a", SOURCE)(dict)
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("a", SOURCE)(list)


def test_an_unknown_name_lists_the_known_ones() -> None:
    import mezzotint.lab.models.block  # noqa: F401 - registers the mixers

    with pytest.raises(ValueError, match="known: .*depthwise"):
        MIXERS.build("depthwize(3)", 8)


def test_a_misspelt_name_is_told_the_nearest() -> None:
    registry = Registry("thing")
    registry.register("window", SOURCE)(dict)
    with pytest.raises(ValueError, match=r"unknown thing 'windw'; known: window; did you mean 'window'\?"):
        registry.build("windw(8)")


def test_an_empty_registry_says_what_fills_it() -> None:
    with pytest.raises(ValueError, match=r"import mezzotint\.lab\.models\.parts"):
        Registry("thing").build("window")
