# SPDX-License-Identifier: Apache-2.0
import pytest

from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Registry, Source, parse_spec

SOURCE = Source("a", "family", "A paper", 2020)


def test_specs_are_literals() -> None:
    assert parse_spec("window(8, heads=4)") == ("window", [8], {"heads": 4})
    assert parse_spec("plain") == ("plain", [], {})


DEEP = "f(" + "(" * 5000 + ")" * 5000 + ")"


@pytest.mark.parametrize(
    "spec",
    ["window(__import__('os'))", "a.b(1)", "f(**{'x': 1})", "1 + 1", "f(", "", "f({[1]: 2})", DEEP],
)
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


def _thing(
    channels: int, share: float = 0.5, sides: tuple[int, ...] = (1, 2), width: int | None = None
) -> tuple:
    return channels, share, sides, width


@pytest.mark.parametrize(
    "spec",
    [
        "thing(1)",
        "thing(0.25)",
        "thing(sides=(3,))",
        "thing(sides=())",
        "thing(width=4)",
        "thing(width=None)",
    ],
)
def test_literals_of_the_right_kind_are_taken(spec: str) -> None:
    registry = Registry("thing")
    registry.register("thing", SOURCE)(_thing)
    assert registry.build(spec, 8)[0] == 8


@pytest.mark.parametrize(
    "spec",
    [
        "thing('1')",
        "thing(True)",
        "thing(sides=3)",
        "thing(sides=(1.5,))",
        "thing(width=4.0)",
        "thing(width=True)",
    ],
)
def test_literals_of_the_wrong_kind_are_refused_by_name(spec: str) -> None:
    registry = Registry("thing")
    registry.register("thing", SOURCE)(_thing)
    with pytest.raises(ValueError, match=r"thing '.*' cannot be built: (share|sides|width)=.* is not"):
        registry.build(spec, 8)


@pytest.mark.parametrize(
    "spec", ["swin(window=8.0)", "swin(shift=2.0)", "biformer(chosen=2.5)", "crate(window=8.0)"]
)
def test_a_float_where_a_mixer_counts_is_refused_in_one_line(spec: str) -> None:
    import mezzotint.lab.models.parts  # noqa: F401 - registers the mixers

    with pytest.raises(ValueError, match="cannot be built") as caught:
        MIXERS.build(spec, 32)
    assert "\n" not in str(caught.value)
