# SPDX-License-Identifier: Apache-2.0
"""What a row says of its settings is what the library is told: the arguments of each encoder are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from mezzotint.evaluate.codecs import available

PIXELS = np.zeros((16, 16, 3), np.uint8)


def one(name: str) -> Any:
    codecs, _ = available([name], None)
    if not codecs:
        pytest.skip(f"{name} cannot run here")
    return codecs


@pytest.fixture
def told(monkeypatch) -> list[dict[str, Any]]:
    """The keyword arguments of every call of an encoder, which then fails."""
    calls: list[dict[str, Any]] = []

    def take(*_: object, **arguments: Any) -> None:
        calls.append(arguments)
        raise InterruptedError

    monkeypatch.setattr(Image.Image, "save", take)
    for package, function in (("imagecodecs", "jpegxl_encode"), ("pillow_heif", "encode")):
        try:
            module = __import__(package)
        except ImportError:
            continue
        monkeypatch.setattr(module, function, take)
    return calls


def arguments(codec: Any, told: list[dict[str, Any]]) -> dict[str, Any]:
    with pytest.raises(InterruptedError):
        codec.encode(PIXELS, codec.qualities[0], 1)
    return told[-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jpeg:optimize, 4:2:0", {"optimize": True, "subsampling": "4:2:0"}),
        ("jpeg:progressive, 4:4:4", {"optimize": True, "progressive": True, "subsampling": "4:4:4"}),
        ("webp:method 6", {"method": 6}),
        ("avif:speed 4, 4:2:0", {"speed": 4, "subsampling": "4:2:0", "codec": "aom", "max_threads": 1}),
        (
            "avif:speed 6, 4:4:4, tune psnr",
            {"speed": 6, "subsampling": "4:4:4", "advanced": (("tune", "psnr"),)},
        ),
        ("jxl:effort 7", {"effort": 7, "lossless": False, "numthreads": 1}),
        ("jxl-lossless:effort 7", {"effort": 7, "lossless": True}),
        ("webp-lossless:method 6", {"method": 6, "lossless": True, "exact": True}),
        ("jp2:9/7", {"irreversible": True, "mct": 1, "quality_mode": "rates"}),
        ("heic:preset slow, 4:2:0", {"subsampling": "4:2:0"}),
    ],
)
def test_the_library_is_told_what_the_row_says(told, name, expected):
    (codec,) = one(name)
    found = arguments(codec, told)
    assert {key: found.get(key) for key in expected} == expected


def test_only_the_tuned_avif_is_tuned(told):
    for codec in one("avif"):
        assert ("advanced" in arguments(codec, told)) == ("tune psnr" in codec.settings)


def test_x265_is_told_its_preset_and_tuning(told):
    for codec in one("heic"):
        options = arguments(codec, told)["enc_params"]
        assert options["preset"] == "slow"
        tuned = {"tune": "psnr", "x265:psy-rd": "0", "x265:psy-rdoq": "0", "x265:aq-mode": "0"}
        assert {key: options.get(key) for key in tuned} == (
            tuned if "tune psnr" in codec.settings else dict.fromkeys(tuned)
        )
