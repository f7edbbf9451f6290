# SPDX-License-Identifier: Apache-2.0
"""Row 12 of the test table: metadata is kept byte for byte, left behind on request, and the picture stands upright."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from mezzotint.bitstream import EXIF, ICC, XMP, read

ORIENTATION = 0x0112
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="%d"%s><dc:title>a title</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>'
)
PLACE = b' exif:GPSLatitude="52,31.2N"'


def corners():
    """48x32, all corners different, flat enough for lossy formats."""
    image = Image.new("RGB", (48, 32), (120, 130, 140))
    image.paste((250, 10, 10), (0, 0, 16, 16))
    image.paste((10, 10, 250), (32, 16, 48, 32))
    image.paste((10, 250, 10), (32, 0, 48, 16))
    return image


def exif(orientation=1):
    found = Image.Exif()
    found[ORIENTATION], found[0x010F] = orientation, "a camera"
    found[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return found.tobytes()


def boxes(name="out.mzt"):
    found = {box.tag: box.payload for box in read(Path(name).read_bytes()).boxes}
    return {tag: found.get(tag, b"") for tag in (ICC, EXIF, XMP)}


def png(orientation=1, gps=PLACE):
    from mezzotint.runtime.pictures import from_pillow
    from mezzotint.runtime.pictures.writing import write_picture

    image = corners()
    image.info |= {"icc_profile": SRGB}
    data = io.BytesIO(write_picture(from_pillow(image), "PNG"))
    with Image.open(data) as bare:
        options = {
            "exif": exif(orientation),
            "icc_profile": SRGB,
            "pnginfo": text(PACKET % (orientation, gps)),
        }
        stored = io.BytesIO()
        bare.save(stored, "png", **options)
    return stored.getvalue()


def text(xmp):
    from PIL.PngImagePlugin import PngInfo

    found = PngInfo()
    found.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return found


@pytest.mark.parametrize("source", ["in.png", "in.jpg", "in.webp"])
def test_byte_for_byte(source, mzt, folder):
    if source == "in.png":
        Path(source).write_bytes(png())
    else:
        corners().save(source, exif=exif(), icc_profile=SRGB, xmp=PACKET % (1, PLACE))
    assert mzt("encode", source, "out.mzt").status == 0
    stored = exif().removeprefix(b"Exif\0\0")
    assert boxes() == {ICC: SRGB, EXIF: stored, XMP: PACKET % (1, PLACE)}
    for target in ("back.png", "back.jpg", "back.webp"):
        assert mzt("decode", "out.mzt", target).status == 0
        with Image.open(target) as back:
            back.load()
            assert back.info["icc_profile"] == SRGB
            assert back.info["exif"].removeprefix(b"Exif\0\0") == stored
            assert back.info["xmp"] == PACKET % (1, PLACE)
    for target in ("back.avif", "back.tif"):  # Pillow writes their EXIF in its own way
        assert mzt("decode", "out.mzt", target).status == 0
        with Image.open(target) as back:
            assert back.info["icc_profile"] == SRGB
            assert back.info["xmp"] == PACKET % (1, PLACE)
            assert back.getexif()[0x010F] == "a camera"
            assert back.getexif().get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize(
    ("strip", "left"),
    [
        ("all", ""),
        ("icc", "exif xmp gps"),
        ("exif", "icc xmp gps"),
        ("xmp", "icc exif gps"),
        ("gps", "icc exif xmp"),
        ("exif,xmp", "icc"),
        ("gps,icc", "exif xmp"),
    ],
)
def test_strip(strip, left, mzt, folder):
    Path("in.png").write_bytes(png())
    assert mzt("encode", "in.png", "out.mzt", "--strip", strip).status == 0
    found = boxes()
    assert {name for name, tag in (("icc", ICC), ("exif", EXIF), ("xmp", XMP)) if found[tag]} == set(
        left.split()
    ) - {"gps"}
    everything = Path("out.mzt").read_bytes()
    if "gps" not in left.split():
        assert b"GPSLatitude" not in everything and b"52,31.2N" not in everything
        assert b"a camera" in everything or "exif" not in left.split()
        read_back = Image.Exif()
        read_back.load(found[EXIF])
        assert 0x8825 not in read_back
    if strip == "gps":
        assert found[XMP] == PACKET % (1, b"")


def test_unknown_kind_of_metadata(mzt, folder):
    Path("in.png").write_bytes(png())
    result = mzt("encode", "in.png", "out.mzt", "--strip", "thumbnails")
    assert result.status == 2
    assert "all, gps, exif, xmp, icc" in result.err.replace("'", "")
    assert not Path("out.mzt").exists()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_everywhere(orientation, suffix, mzt, folder):
    """As file in, as .mzt, and as four kinds of file out: nobody turns it again, nobody has to."""
    options = {"jpg": {"quality": 100, "subsampling": 0}, "webp": {"lossless": True}}.get(suffix, {})
    xmp = {"xmp": PACKET % (orientation, b"")} if suffix in ("jpg", "webp") else {}
    corners().save(f"in.{suffix}", exif=exif(orientation), **options, **xmp)
    with Image.open(f"in.{suffix}") as image:
        want = np.asarray(ImageOps.exif_transpose(image))
    assert mzt("encode", f"in.{suffix}", "out.mzt", "--lossless").status == 0
    found = Image.Exif()
    found.load(boxes()[EXIF])
    assert found.get(ORIENTATION, 1) == 1
    assert boxes()[XMP] == (PACKET % (1, b"") if xmp else b"")
    for target in ("back.png", "back.jpg", "back.webp", "back.tif"):
        assert mzt("decode", "out.mzt", target, "--force").status == 0
        with Image.open(target) as back:
            assert back.getexif().get(ORIENTATION, 1) == 1
            for array in (np.asarray(back), np.asarray(ImageOps.exif_transpose(back))):
                assert array.shape == want.shape
                most = 0 if target in ("back.png", "back.tif") else 40
                inner = np.abs(array.astype(int) - want)[4:12, 4:12]  # of a corner
                assert inner.max() <= most
            assert back.getexif()[0x010F] == "a camera"
