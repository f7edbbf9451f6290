# SPDX-License-Identifier: Apache-2.0
"""Picture files at the depth that they have, and files that are none."""

from __future__ import annotations

import base64
import io
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from mezzotint.bitstream import Limits
from mezzotint.errors import BadImage, ConversionWarning, LimitExceeded
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.reading import read_picture
from mezzotint.runtime.pictures.writing import write_picture

LIMITS = Limits(max_pixels=10**6)
# An AVIF of 8x8 pixels with 10 bits a sample.
TEN_BITS = (
    "0000WW^{RQVRmU|00000VRmU|ZE0pPZE0a<O+hh10002%ZDn*}000000000XXk=`10000000000aA{+700000000000000000000"
    "4sdC7Z2$lO000310016oY;R)#0000)000310RR910RR926951J8~^|SC~0YKW&i*H00031000_kZf0cy000000RRADb}%tRZ)|UJ"
    "00000YH4tCZ~y=ROKEUpZvX%Q6lrsCWdHyG000002mk;82mk;85O8UDX#fBK00RmN3IG5A3}JRLLxCVb000006Ju{|a&BX6cmM(b"
    "0ssbp0000NX>e^}0000000001009I60)qqq001OyWMOm?015~=2)}Ov0tS#W4jDpY1i%0^000n>Kc7G"
)


def read(data, **options):
    return read_picture(data, "a file", LIMITS, **options)


def saved(image, form, **options):
    stored = io.BytesIO()
    image.save(stored, form, **options)
    return stored.getvalue()


def noise(shape, most=65535):
    return np.random.default_rng(5).integers(0, most, shape, np.uint16, endpoint=True)


def png(samples, kind, extra=b"", interlaced=False):
    """A PNG of 16 bits by another hand: no filter, or Adam7."""
    height, width = samples.shape[:2]

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [
            (0, 0, 8, 8),
            (0, 4, 8, 8),
            (4, 0, 8, 4),
            (0, 2, 4, 4),
            (2, 0, 4, 2),
            (0, 1, 2, 2),
            (1, 0, 2, 1),
        ]
    lines = b""
    for top, left, down, across in passes:
        part = samples[top::down, left::across]
        if part.size:
            lines += b"".join(b"\0" + row.astype(">u2").tobytes() for row in part)
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, interlaced)
    body = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("planes", "kind"), [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_png_of_16_bits(planes, kind, interlaced):
    samples = noise((9, 13, planes))
    picture = read(png(samples, kind, interlaced=interlaced))
    assert picture.bit_depth == 16
    colour = picture.colour.reshape(9, 13, -1)
    np.testing.assert_array_equal(colour, samples[..., : 3 if planes > 2 else 1])
    if planes in (2, 4):
        np.testing.assert_array_equal(picture.alpha, samples[..., -1])
    else:
        assert picture.alpha is None


def test_png_of_16_bits_with_a_key_colour_and_an_orientation(make_exif):
    samples = noise((4, 6, 3))
    key = struct.pack(">3H", *(int(value) for value in samples[1, 2]))
    extra = b""
    for name, content in ((b"tRNS", key), (b"eXIf", make_exif(orientation=6))):
        extra += (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )
    picture = read(png(samples, 2, extra))
    np.testing.assert_array_equal(picture.colour, np.rot90(samples, -1))
    assert picture.alpha is not None
    want = np.full((4, 6), 65535)
    want[1, 2] = 0
    np.testing.assert_array_equal(picture.alpha, np.rot90(want, -1))
    assert picture.exif == make_exif(orientation=1, thumbnail=b"")
    assert read(png(samples, 2, extra), strip="exif").exif == b""


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits_with_a_key_colour(bits):
    """Pillow scales the samples, and leaves the key colour as it is stored."""
    most = 2**bits - 1

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0))
    data += chunk(b"tRNS", bytes([0, most]))
    row = int("".join(f"{value:0{bits}b}" for value in [0, most] * 4), 2).to_bytes(bits, "big")
    data += chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        picture = read(data)
    assert picture.colour.tolist() == [[0, 255] * 4]
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[255, 0] * 4]


def tiff(samples, order="<", compression=1, bits=16, orientation=1, planar=1, extra=None):
    """A TIFF of one strip by another hand; deflate is 8."""
    height, width, planes = samples.shape
    kind = {"<": b"II*\0", ">": b"MM\0*"}[order]
    stored = np.moveaxis(samples, 2, 0) if planar == 2 else samples
    strips = [part.astype(order + "u2").tobytes() for part in (stored if planar == 2 else [stored])]
    if compression == 8:
        strips = [zlib.compress(strip) for strip in strips]
    entries = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [bits] * planes),
        (259, "H", [compression]),
        (262, "H", [2 if planes > 2 else 1]),
        (273, "I", [0] * len(strips)),
        (274, "H", [orientation]),
        (277, "H", [planes]),
        (278, "I", [height]),
        (279, "I", [len(strip) for strip in strips]),
        (284, "H", [planar]),
    ]
    if extra is not None:
        entries.append((338, "H", [extra]))
    table_end = 8 + 2 + 12 * len(entries) + 4
    values_size = sum(max(0, struct.calcsize(order + form * len(v))) for _, form, v in entries) + 64
    places, at = [], table_end + values_size
    for strip in strips:
        places.append(at)
        at += len(strip)
    entries[5] = (273, "I", places)
    table, values = b"", b""
    for tag, form, numbers in entries:
        field = struct.pack(order + form * len(numbers), *numbers)
        if len(field) > 4:
            place = struct.pack(order + "I", table_end + len(values))
            values += field
            field = place
        table += struct.pack(order + "HHI", tag, 3 if form == "H" else 4, len(numbers)) + field.ljust(
            4, b"\0"
        )
    front = kind + struct.pack(order + "IH", 8, len(entries)) + table + bytes(4)
    return front + values.ljust(values_size, b"\0") + b"".join(strips)


@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("planes", "extra"), [(1, None), (3, None), (4, 2), (4, 0)])
def test_tiff_of_16_bits(planes, extra, order, compression):
    samples = noise((9, 13, planes))
    picture = read(tiff(samples, order, compression, extra=extra))
    assert picture.bit_depth == 16
    np.testing.assert_array_equal(picture.colour.reshape(9, 13, -1), samples[..., : 3 if planes > 2 else 1])
    if extra == 2:
        np.testing.assert_array_equal(picture.alpha, samples[..., 3])
    else:
        assert picture.alpha is None


def test_tiff_of_16_bits_is_turned_once():
    samples = noise((4, 6, 3))
    for compression in (1, 8):
        picture = read(tiff(samples, compression=compression, orientation=8))
        np.testing.assert_array_equal(picture.colour, np.rot90(samples, 1))


def test_tiff_of_12_bits():
    rows = np.array([[0, 1, 2047, 4095]], np.uint16)
    packed = bytes([0x00, 0x00, 0x01, 0x7F, 0xFF, 0xFF])
    data = bytearray(tiff(rows[..., None], bits=12))
    data[-8:] = packed + bytes(2)
    picture = read(bytes(data))
    assert picture.bit_depth == 12
    assert picture.colour.tolist() == rows.tolist()


def test_planes_one_by_one():
    samples = noise((5, 7, 3))
    with pytest.raises(BadImage, match="one by one"):  # Pillow would read noise
        read(tiff(samples, planar=2))
    with pytest.warns(ConversionWarning, match="more bits"):
        picture = read(tiff(samples, compression=8, planar=2))
    np.testing.assert_array_equal(picture.colour, samples >> 8)


def test_deep_files_that_pillow_cuts_are_announced():
    with pytest.warns(ConversionWarning, match="TIFF has more bits"):
        assert read(tiff(noise((4, 4, 4)), extra=1)).bit_depth == 8  # premultiplied
    with pytest.warns(ConversionWarning, match="PPM has more bits"):
        assert read(b"P3 1 1 65535\n1 256 65535\n").bit_depth == 8
    with pytest.warns(ConversionWarning, match="AVIF has more bits"):
        assert read(base64.b85decode(TEN_BITS)).bit_depth == 8
    jpeg2000 = bytearray(saved(Image.new("RGB", (16, 16)), "jpeg2000", no_jp2=True))
    assert jpeg2000[42] == 7
    read(bytes(jpeg2000))
    jpeg2000[42] = 9
    with pytest.warns(ConversionWarning, match="JPEG2000 has more bits"):
        read(bytes(jpeg2000))


@pytest.mark.parametrize("most", [255, 300, 1023, 65535])
@pytest.mark.parametrize("planes", [1, 3])
def test_ppm(most, planes):
    samples = noise((5, 7, planes), most)
    stored = samples.astype(">u2" if most > 255 else "u1").tobytes()
    picture = read(b"P%d\n7 5\n%d\n" % (6 if planes == 3 else 5, most) + stored)
    depth = {255: 8, 300: 16, 1023: 10, 65535: 16}[most]
    assert picture.bit_depth == depth
    want = (samples.astype(int) * 65535 + 150) // 300 if most == 300 else samples
    np.testing.assert_array_equal(picture.colour.reshape(5, 7, -1), want)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("dtype", "shape"), [("u1", (5, 7, 3)), ("u2", (5, 7)), (">u2", (5, 7, 4))])
def test_npy(dtype, shape, order):
    array = noise(shape).astype(dtype, order=order)
    stored = io.BytesIO()
    np.save(stored, array)
    picture = read(stored.getvalue())
    assert picture.bit_depth == 8 * array.itemsize
    np.testing.assert_array_equal(picture.colour, array[..., :3] if len(shape) == 3 else array)


def npy(array):
    stored = io.BytesIO()
    np.save(stored, array, allow_pickle=True)
    return stored.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (npy(np.zeros((4, 4), np.float32)), "float32"),
        (npy(np.zeros((2, 2, 2, 2), np.uint8)), "shape"),
        (npy(np.array([[1, None]], object)), "no plain"),
        (npy(np.zeros((4, 4), np.uint8))[:-1], "of its size"),
        (npy(np.zeros((4, 4), np.uint8)) + b"x", "of its size"),
        (npy(np.zeros((4, 4), np.uint8)).replace(b"(4, 4)", b"(4, x)"), "damaged .npy"),
        (npy(np.zeros((4, 4), np.uint8)).replace(b"(4, 4)", b"(4,-4)"), "size|shape"),
        (b"\x93NUMPY", "damaged .npy"),
        (b"\x93NUMPY\1\0\xff\xff{", "damaged .npy"),
        (b"\x93NUMPY\7\0\5\0{    ", "damaged .npy"),
        (npy(np.zeros((4, 4), np.uint8)).replace(b"), }", b"((((("), "damaged .npy"),
    ],
)
def test_npy_that_is_no_picture(data, why):
    with pytest.raises(BadImage, match=why):
        read(data)


def test_limits():
    small = saved(Image.new("L", (100, 10)), "png")
    assert read_picture(small, "small", Limits(max_pixels=1000)).width == 100
    with pytest.raises(LimitExceeded, match="small has 100x10 pixels, over the limit of 999"):
        read_picture(small, "small", Limits(max_pixels=999))
    assert read_picture(small, "small", Limits.none()).width == 100  # no limit
    with pytest.raises(LimitExceeded, match="10x100"):
        read_picture(npy(np.zeros((100, 10), np.uint8)), "array", Limits(max_pixels=999))


def test_pillows_own_check_is_out_of_the_way_and_back(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = saved(Image.new("L", (100, 10)), "png")
    failed = []

    def work():
        try:
            for _ in range(20):
                read(data)
        except Exception as reason:
            failed.append(reason)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    assert Image.MAX_IMAGE_PIXELS == 100
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))


def test_large_profiles_in_png():
    profile = np.random.default_rng(0).bytes(3 << 20)
    profile = profile[:16] + b"RGB " + profile[20:]
    data = saved(Image.new("RGB", (3, 3)), "png", icc_profile=profile)
    assert read(data).icc == profile


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"no picture", "Pillow can read"),
        (b"\x8dMZ\n" + bytes(40), ".mzt file already"),
        (saved(Image.effect_noise((64, 64), 50), "png")[:900], "a file: Pillow cannot read"),
        (png(noise((9, 9, 3)), 2)[:200], "a file: Pillow cannot read"),
        (b"P6\n7 5\n65535\n" + bytes(20), "a file: Pillow cannot read"),
    ],
)
def test_files_that_are_no_pictures(data, why):
    with pytest.raises(BadImage, match=why):
        read(data)


def test_deep_files_in_many_directions():
    """Written here and read here; test_writing.py has Pillow read them."""
    for colour in (noise((6, 5)), noise((6, 5, 3))):
        for alpha in (None, noise((6, 5))):
            picture = Picture(colour, alpha, bit_depth=16)
            again = read(write_picture(picture, "PNG"))
            np.testing.assert_array_equal(again.colour, colour)
            assert (again.alpha is None) == (alpha is None)
            if alpha is not None:
                np.testing.assert_array_equal(again.alpha, alpha)


def test_a_gif_and_a_cursor_of_pillow():
    """Formats whose plugins do more while loading than others do."""
    for form in ("gif", "ico", "tga", "pcx"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read(saved(Image.new("RGB", (16, 16), (255, 0, 0)), form)).width == 16


def test_tags_may_be_anywhere():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x0131] = "a program"
    for compression in (None, "tiff_lzw"):
        picture = read(saved(Image.new("L", (5, 4)), "tiff", tiffinfo=tags, compression=compression))
        assert b"a program" in picture.exif
