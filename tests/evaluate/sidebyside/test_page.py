# SPDX-License-Identifier: Apache-2.0
"""The page as a file: complete in itself, closed to everything else, and holding exactly the pixels that it was given.

What it does in a browser is tested in test_browser.py.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from mezzotint.evaluate.sidebyside import Crop, embedded
from mezzotint.runtime.pictures import Picture

HOSTILE = (
    "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;.png",
    "$command ${style} </title></style>\n\x1b[2J\u202e" + os.fsdecode(b"\xff\xfe") + ".mzt",
)


def test_nothing_comes_from_elsewhere(make, noisy, read):
    page = read(make(*noisy))
    for tag, attributes in page.elements:
        assert tag not in ("base", "iframe", "object", "embed", "form", "a")
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("style", "srcset", "action", "data")
            if name in ("src", "href"):
                assert (value or "").startswith("data:")
    (style,), (script,) = page.texts["style"], page.texts["script"]
    assert not re.search(r"url\(|@import|://", style)
    assert not re.search(r"://|fetch\(|XMLHttp|WebSocket|import\(|eval\(|innerHTML|Function\(", script)
    assert page.all("script") == [{}]


def test_the_policy_allows_its_own_script_and_style_and_nothing_else(make, noisy, read):
    page = read(make(*noisy))
    wanted = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    for tag in ("script", "style"):
        digest = hashlib.sha256(page.texts[tag][0].encode()).digest()
        wanted[f"{tag}-src"] = f"'sha256-{base64.b64encode(digest).decode()}'"
    assert dict(part.strip().split(" ", 1) for part in page.policy().split(";")) == wanted
    head = [tag for tag, _ in page.elements]
    assert head.index("meta") < head.index("style")
    assert "http-equiv" in page.all("meta")[1]  # only the charset stands before it


def test_hostile_names_stay_text(make, noisy, read):
    plain, hostile = read(make(*noisy)), read(make(*noisy, names=HOSTILE, command=f"mzt {HOSTILE[0]}"))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert hostile.texts["bdi"][0] == HOSTILE[0]
    assert hostile.texts["bdi"][1] == r"$command ${style} </title></style>\n\x1b[2J\u202e\xff\xfe.mzt"
    assert hostile.all("img")[0]["alt"] == f"A: {HOSTILE[0]}"
    assert hostile.texts["code"][0] == f"mzt {HOSTILE[0]}"
    assert hostile.texts["script"] == plain.texts["script"]
    assert hostile.policy() == plain.policy()


def test_pictures_come_back_exactly(make, noisy, read):
    one, other = read(make(*noisy)).pixels()
    np.testing.assert_array_equal(one, noisy[0].colour)
    np.testing.assert_array_equal(other, noisy[1].colour)


def test_hidden_colours_come_back_too(make, noisy, read):
    alpha = np.random.default_rng(0).integers(0, 3, noisy[0].colour.shape[:2]).astype(np.uint8) * 100
    page = read(make(Picture(noisy[0].colour, alpha), noisy[1]))
    one, other = page.pixels()
    np.testing.assert_array_equal(one, np.dstack([noisy[0].colour, alpha]))
    np.testing.assert_array_equal(other, noisy[1].colour)
    assert "stage seethrough" in [attributes.get("class") for attributes in page.all("section")]
    assert any("Transparency" in text for text in page.texts["li"])


def test_only_the_crop_is_in_the_page(make, noisy, read):
    page = read(make(*noisy, crop=Crop(100, 50, 30, 20)))
    for found, whole in zip(page.pixels(), noisy, strict=True):
        np.testing.assert_array_equal(found, whole.colour[50:70, 100:130])
    assert {(image["width"], image["height"]) for image in page.all("img")} == {("30", "20")}
    assert "30x20 pixels of 451x300, from 100,50 on" in page.texts["li"][0]


def test_deep_and_grey_pictures_are_shown_at_eight_bits(make, read):
    deep = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    page = read(make(*[Picture(deep, bit_depth=16)] * 2))
    np.testing.assert_array_equal(page.pixels()[0], np.dstack([np.rint(deep / 257).astype(np.uint8)] * 3))
    assert "16 bits a sample" in page.texts["li"][0]
    assert "0 of 65535" in page.texts["b"]


def test_a_side_too_long_for_webp(make, read):
    long = np.random.default_rng(1).integers(0, 256, (8, 16384, 3)).astype(np.uint8)
    page = read(make(Picture(long), Picture(long)))
    assert (page.all("img")[0]["src"] or "").startswith("data:image/png;")
    np.testing.assert_array_equal(page.pixels()[1], long)


def test_colour_profiles_are_kept(noisy, make, read):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    page = read(make(Picture(noisy[0].colour, icc=icc), noisy[1]))
    data = base64.b64decode((page.all("img")[0]["src"] or "").partition(",")[2])
    assert Image.open(io.BytesIO(data)).info["icc_profile"] == icc
    np.testing.assert_array_equal(page.pixels()[0], noisy[0].colour)
    assert "different colour profiles" in page.texts["li"][0]


def test_a_page_without_a_command(make, noisy, read):
    hidden = [part for part in read(make(*noisy, command=None)).all("section") if "hidden" in part]
    assert [part["class"] for part in hidden] == ["command"]
    assert not [part for part in read(make(*noisy)).all("section") if "hidden" in part]


def test_the_numbers_are_there(make, noisy, read):
    page = read(make(*noisy))
    cells = page.texts["td"]
    assert cells[1:] == ["9,000", "450", "100 %", "5 %", "0.532", "0.027", "PNG", "mzt, quality 60"]
    names = page.texts["dt"]
    assert names == ["PSNR", "MS-SSIM", "SSIMULACRA2", "largest error"]
    values = [text for text in page.texts["b"] if re.match(r"[\d.]+( dB| of 255)?$", text)]
    assert len(values) == 4 and values[3] == "4 of 255"


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_thin_pictures(make, read, shape):
    black = Picture(np.zeros(shape, np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = read(make(black, black))
    assert page.pixels()[0].shape == (*shape, 3)


def test_embedding_is_lossless_whatever_the_profile_of_noise():
    noise = np.random.default_rng(9).integers(0, 256, (37, 53, 3)).astype(np.uint8)
    from mezzotint.evaluate.sidebyside import Samples

    uri = embedded.data_uri(Samples(noise, None), Crop(0, 0, 53, 37))
    back = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(back), noise)
