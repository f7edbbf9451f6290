# SPDX-License-Identifier: Apache-2.0
"""Names that tell entries apart, and the entry that a person means."""

from __future__ import annotations

import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.curves import Series
from mezzotint.evaluate.report.entries import Entry, apart, choose, measured, published

AOM = "libaom 3.14.1, libavif 1.4.2 (Pillow 13.0.0)"
SERIES = [
    Series("unheard-of", "1", "x, y"),
    Series("avif", AOM, "speed 6, 4:4:4"),
    Series("avif", AOM, "speed 6, 4:2:0"),
    Series("jpeg", "libjpeg-turbo 3", "optimize, progressive, 4:4:4"),
    Series("jpeg", "libjpeg-turbo 3", "optimize, 4:2:0"),
    Series("webp", "libwebp 1.6", "method 6"),
    Series("mezzotint", "mezzotint 0.1.0, model first 3e2561e02c2463ce", "default"),
]
VTM = published("vtm", "VTM 9.1", "somewhere", "")


def entries() -> list[Entry]:
    return list(measured(SERIES).values())


def test_names_and_order() -> None:
    assert [(entry.label, entry.short) for entry in entries()] == [
        ("Mezzotint", "Mezzotint"),
        ("JPEG (optimize, 4:2:0)", "JPEG 4:2:0"),
        ("JPEG (optimize, progressive, 4:4:4)", "JPEG progressive, 4:4:4"),
        ("WebP (method 6)", "WebP"),
        ("AVIF (speed 6, 4:2:0)", "AVIF 4:2:0"),
        ("AVIF (speed 6, 4:4:4)", "AVIF 4:4:4"),
        ("unheard-of (x, y)", "unheard-of"),
    ]
    assert (VTM.id, VTM.label, VTM.short) == ("published:vtm", "VTM 9.1, published", "VTM 9.1")
    assert VTM.published and not VTM.ours
    assert entries()[0].ours and not entries()[1].ours


def test_two_models_are_told_apart() -> None:
    second = Series("mezzotint", "mezzotint 0.2.0, model second 77aa61e02c2463ce", "default")
    found = measured([*SERIES, second])
    assert [entry.label for entry in found.values()][:2] == ["Mezzotint (first)", "Mezzotint (second)"]
    assert found[second].short == "Mezzotint (second)"
    assert found[second].id == "mezzotint:default, second"


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (["mezzotint 1, model a 0123456789abcdef", "mezzotint 2, model b 0123456789abcdef"], ["a", "b"]),
        (
            ["mezzotint 1, model a 0123456789abcdef", "mezzotint 1, model a 1123456789abcdef"],
            ["01234567", "11234567"],
        ),
        (
            ["m 1, model a 0123456789abcdef", "m 1, model a 0123456799abcdef"],
            ["0123456789abcdef", "0123456799abcdef"],
        ),
        (["m 1, model a 0123456789abcdef", "m 2, model a 0123456789abcdef"], ["1", "2"]),
        (["libaom 3.1, libavif 1.4 (Pillow 12)", "libaom 3.1, libavif 1.4 (Pillow 13)"], ["12", "13"]),
        (["libaom 3.1", "libaom 3.1, libavif 1.4"], ["libaom 3.1", "libaom 3.1, libavif 1.4"]),
        (["a", "b", "c d"], ["a", "b", "c d"]),
    ],
)
def test_the_words_in_which_versions_differ(versions: list[str], words: list[str]) -> None:
    assert apart(versions) == words


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        (None, "JPEG (optimize, 4:2:0)"),
        ("webp", "WebP (method 6)"),
        ("avif:4:2:0", "AVIF (speed 6, 4:2:0)"),
        ("AVIF: Speed 6, 4:4:4", "AVIF (speed 6, 4:4:4)"),
        ("jpeg:optimize, 4:2:0", "JPEG (optimize, 4:2:0)"),
        ("mezzotint:first", "Mezzotint"),
        ("vtm", "VTM 9.1, published"),
        ("published:vtm", "VTM 9.1, published"),
    ],
)
def test_the_entry_that_is_meant(wanted: str | None, label: str) -> None:
    assert choose(wanted, [*entries(), VTM]).label == label


def test_settings_that_are_part_of_others() -> None:
    both = list(measured([Series("avif", AOM, "4:4:4"), Series("avif", AOM, "4:4:4, tune psnr")]).values())
    assert choose("avif:4:4:4", both).settings == "4:4:4"


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (
            "heic",
            "there is no 'heic' in these rows; choose one of 'mezzotint:default'; 'jpeg:optimize, 4:2:0'; ",
        ),
        ("avif:speed 4", "there is no 'avif:speed 4' in these rows; "),
        ("avif", "'avif' is not one codec; choose one of 'avif:speed 6, 4:2:0'; 'avif:speed 6, 4:4:4'"),
        ("", "there is no '' in these rows"),
    ],
)
def test_no_entry_or_several(wanted: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(wanted, entries())
    assert str(caught.value).startswith(what)


def test_without_jpeg_a_rival_is_the_anchor_and_alone_ours() -> None:
    assert choose(None, [entry for entry in entries() if entry.codec != "jpeg"]).codec == "webp"
    assert choose(None, entries()[:1]).ours
    assert choose(None, entries()[::-1]).codec == "jpeg"
    assert choose(None, [entries()[0], VTM]).ours
