# SPDX-License-Identifier: Apache-2.0
"""Boxes: what is kept, what is refused, and the limit of each tag."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mezzotint.bitstream import (
    ALPHA,
    EXIF,
    ICC,
    XMP,
    Alpha,
    Box,
    Container,
    Header,
    Limits,
    box_limit,
    read,
    write,
)
from mezzotint.errors import LimitExceeded, UnsupportedMode

HEADER = Header(width=10, height=20, channels=3, quality=100, model_id=bytes(8), layer_count=1)
PLAIN = Container(HEADER, (), ((b"chunk",),))


def with_boxes(*boxes: Box) -> Container:
    alpha = Alpha.STRAIGHT if any(box.tag == ALPHA for box in boxes) else Alpha.NONE
    return replace(PLAIN, header=replace(HEADER, alpha=alpha), boxes=boxes)


def test_all_known_boxes_come_back_in_order() -> None:
    boxes = [Box(tag, tag * 3) for tag in (XMP, ALPHA, EXIF, ICC)]
    assert read(write(with_boxes(*boxes))).boxes == tuple(boxes)


def test_unknown_ignorable_boxes_are_handed_on_even_twice() -> None:
    container = with_boxes(Box(b"note", b"1"), Box(b"note", b""), Box(b"n 2~", b"\0\n"))
    assert read(write(container)) == container


def test_only_upper_case_is_critical() -> None:
    assert Box(b"ALPH", b"").critical
    assert not Box(b"aLPH", b"").critical


def test_an_unknown_critical_box_is_not_written() -> None:
    with pytest.raises(UnsupportedMode, match="'Wavy'"):
        write(with_boxes(Box(b"Wavy", b"")))


@pytest.mark.parametrize("tag", [b"", b"abc", b"abcde", b"1abc", b"a\nbc", b"ab\xffc"])
def test_an_impossible_tag_is_not_written(tag: bytes) -> None:
    with pytest.raises(ValueError, match="impossible tag"):
        write(with_boxes(Box(tag, b"")))


def test_a_known_box_comes_once() -> None:
    for tag in (ALPHA, ICC, EXIF, XMP):
        with pytest.raises(ValueError, match="comes 2 times"):
            write(with_boxes(Box(tag, b"1"), Box(tag, b"2")))


def test_the_limit_of_each_tag() -> None:
    limits = Limits()
    assert box_limit(ICC, HEADER, limits) == 4 * 2**20
    assert box_limit(EXIF, HEADER, limits) == box_limit(XMP, HEADER, limits) == 16 * 2**20
    assert box_limit(b"note", HEADER, limits) == limits.max_box_bytes
    assert box_limit(ALPHA, HEADER, Limits(max_box_bytes=0)) == 2 * 10 * 20 + 1024
    assert box_limit(ICC, HEADER, Limits(max_box_bytes=5)) == 5


def test_a_profile_over_its_limit_is_refused_both_ways() -> None:
    container = with_boxes(Box(ICC, bytes(100)))
    data = write(container)
    with pytest.raises(LimitExceeded, match="'iCCP' has 100 bytes, over 99; leave it out"):
        write(container, Limits(max_box_bytes=99))
    with pytest.raises(LimitExceeded, match="'iCCP' has 100 bytes, over 99; raise"):
        read(data, Limits(max_box_bytes=99))
    with pytest.raises(LimitExceeded, match="over 4194304"):
        write(with_boxes(Box(ICC, bytes(2**22 + 1))))
